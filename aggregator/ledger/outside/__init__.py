"""What others vouch for: the time of a head, by a time-stamping authority; the randomness of a day, by a beacon."""
