"""The demonstration: an invented country, the weeks behind it, and the people in it. Nothing here runs in live mode."""
