"""Makes programs: turns, prompts, extraction, trajectories, and the port to a model."""
