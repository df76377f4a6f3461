"""The dated report of one closed week, for a court or a newsroom: made by a command, never by a request."""
