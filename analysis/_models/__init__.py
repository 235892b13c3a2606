"""Statistical models of a study's programs."""
