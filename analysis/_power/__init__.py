"""Effects, power, required replicates, and what they cost."""
