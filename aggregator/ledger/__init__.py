"""The public, tamper-evident log: seeds, sealed minutes and days, witnesses, controls."""
