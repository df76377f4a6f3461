"""Finds what people type: towns, codes, départements, regions, addresses (docs/places.md)."""
