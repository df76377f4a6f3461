"""What is looked at here is the snapshot of the collected folder."""

from tests.published import database_url, settings, snapshot

__all__ = ["database_url", "settings", "snapshot"]
