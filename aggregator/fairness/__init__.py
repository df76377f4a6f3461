"""Counts -> shares, tables of closed days, replays of the lists shown, and how the controls went."""
