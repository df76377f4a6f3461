"""Pages and redirects: thin blueprints over the snapshot. Flask lives here and in `app.py` only."""
