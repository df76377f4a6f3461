"""Copies what must never be lost, puts it back, prunes the copies and erases old events in them."""
