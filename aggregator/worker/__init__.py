"""The worker process: when things run, who may run them, and what goes to other machines."""
