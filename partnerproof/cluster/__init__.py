"""A crawl on several workers: shards handed out by Dask, run by the crawl itself, and merged at home."""
