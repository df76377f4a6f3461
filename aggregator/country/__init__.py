"""France as the portal knows it: communes, postal codes, outlines, distances, addresses."""
