"""What is said of an analysis: words, tables, the terminal, the JSON document."""
