"""Work that is asked for and done from a queue."""
