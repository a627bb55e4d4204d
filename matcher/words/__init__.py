"""What sentences say about brands."""
