"""Question -> candidate places -> order. Nothing here can see a platform."""
