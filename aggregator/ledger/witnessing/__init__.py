"""Witnesses: those who sign heads of a log, how a log asks them, and the policy that says who and how many."""
