"""What starts the analysis here: installed, the package has a name that nobody else's has, and a script."""

COMMAND = "refinery-analysis" if __name__.startswith("refinery_analysis") else "python -m analysis"
