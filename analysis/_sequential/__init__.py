"""Group-sequential designs: spending, bounds, looks."""
