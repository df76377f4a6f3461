"""Commands for whoever keeps the portal: copies, their pruning, their way back, and erasure."""
