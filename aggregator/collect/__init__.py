"""Asks the platforms for centres and free slots, checks and matches the answers, and stores them."""
