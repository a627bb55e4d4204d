"""The casebook decides and tells: register, claims, verdicts, reports."""
