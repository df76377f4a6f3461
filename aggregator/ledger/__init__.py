"""What is counted, and how it can be proved: sealed events, seeds, and the public log."""
