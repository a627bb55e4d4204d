"""The screen of the jobs that this server runs."""
