"""What this program says, in French."""
