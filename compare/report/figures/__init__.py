"""Pictures of a run, drawn from the same rows as the tables."""
