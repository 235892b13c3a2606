"""From an `Analysis` to what each figure and table shows: choices of what to show, no statistics of their own."""
