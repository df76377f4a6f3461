"""Rows of a data set -> files. `rows` needs the standard library only, so that the web can stream with it."""
