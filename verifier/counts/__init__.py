"""What published numbers are made of, counted and computed again."""
