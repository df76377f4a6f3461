"""One place: its page, its directory, and the departure to the platform."""
