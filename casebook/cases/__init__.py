"""What people do with verdicts: cases, decisions, letters, proofs of removal, alerts."""
