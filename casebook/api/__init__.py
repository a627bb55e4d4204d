"""The API for programs: tokens, addresses, their description, metrics."""
