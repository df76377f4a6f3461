"""The same platforms, simulated: one loopback origin each, true wire formats, a booking page to land on.

Deterministic from a seed, a date and the communes that are handed in. It shares no code with the adapters:
both are written from docs/providers.md, and tests compare what it answers with recorded answers.
"""
