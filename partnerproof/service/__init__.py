"""What `serve` does besides answering: it runs jobs from the queue and tells teams what changed."""
