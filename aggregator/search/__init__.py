"""Reads a question, picks candidate places and ranks them. The order cannot see a platform."""
