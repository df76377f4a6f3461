"""The citizen's way to a list of places: home, question, results, map, feeds."""
