"""The published snapshot: written, read and checked against its hash here alone."""
