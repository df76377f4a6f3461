"""What others say of the log: witnesses, time stamps, public randomness; and the ids that must not be chosen."""
