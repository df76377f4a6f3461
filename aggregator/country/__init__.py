"""Answers questions about France: communes, postal codes, outlines, distances, addresses."""


class NotBuiltError(RuntimeError):
    """A table of the country is missing, damaged or of another version; the message says how to build it."""

    def __init__(self, path: object) -> None:
        super().__init__(f"{path} is missing, damaged or of another version: run `aiguillage build-gazetteer`")
