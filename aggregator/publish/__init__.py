"""Writes the files that the web serves from the store: the snapshot, the platforms' state, what the lists cover."""
