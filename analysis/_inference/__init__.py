"""Statistical tests, how often they err, and what may be concluded."""
