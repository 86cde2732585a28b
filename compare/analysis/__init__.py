"""Below the border: what works from result files alone."""
