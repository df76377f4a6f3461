"""What every page needs: the site's state, caches, headers, limits, health."""
