"""What the portal does with what it reads; data flows from `collect` down to `web`."""
