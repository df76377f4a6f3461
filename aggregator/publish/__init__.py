"""Store -> the files that the web serves: the snapshot, the state of the platforms, what the lists cover."""
