"""From a button to the platform's own page: the token, the sealed event, what was shown and what is counted."""
