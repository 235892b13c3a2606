"""Files of results, checked entry by entry, as tidy frames."""
