"""Platforms -> store: asking, checking, matching. A failure becomes a fetch record."""
