"""Ways to contain a program, one module each, and what they share."""
