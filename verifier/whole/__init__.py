"""Checks that look at all of a portal."""
