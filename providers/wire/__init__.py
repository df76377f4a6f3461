"""The shapes of the platforms' answers, one file a platform (docs/providers.md): the fields that are read."""
