"""Editions of the open data: what is written each hour, and the process that writes it and ends."""
