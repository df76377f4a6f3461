"""Editions of the open data: rows, files in every format, figures. `text_formats` needs the standard library only."""
