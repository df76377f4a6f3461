"""The open data as the web serves it: data sets, editions, figures, API."""
