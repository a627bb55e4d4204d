"""Pixels to numbers and back: regions, hashes, descriptors, comparison, alignment."""
