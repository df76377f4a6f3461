"""What editions are of: closed days and weeks, their limits, their own figures, and those that cannot be had."""
