"""What anybody may check: shares, the contract, the platforms' state, the public log."""
