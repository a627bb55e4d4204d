"""Pages drawn by a browser: during the crawl, and later from the archive alone."""
