"""What is needed to check one closed day, in one file."""
