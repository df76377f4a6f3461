"""`/api/v1`: endpoints, their description, and errors in words."""
