"""verify.py as modules: an auditor's program, which imports nothing of the portal (`python -m verifier.build`)."""
