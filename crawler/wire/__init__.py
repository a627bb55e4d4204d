"""How the crawl asks: addresses, TLS, pace, hours, robots rules, and every exchange into the archive."""
