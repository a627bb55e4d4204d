"""What a crawl will cost, before it starts: measured costs of visits, the speed of the machine, the limit that binds."""
