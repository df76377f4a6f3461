"""What enters the public log, and when: what is announced, what has happened, the ids of places."""
