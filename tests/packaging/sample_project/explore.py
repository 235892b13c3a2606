"""A script that works with the figures instead of reading the report."""

from __future__ import annotations

import json
import sys

from refinery_analysis import Analysis, AnalysisError, Options, Results, analyse, document, read_results


def explore(path: str) -> Analysis:
    """Analyse one file of results on the scale of ratios."""
    results: Results = read_results([path])
    return analyse(results, Options(response="ratio", effect=0.5))


def main(path: str) -> int:
    """Print the document."""
    try:
        found = explore(path)
    except AnalysisError as exc:
        print(exc, file=sys.stderr)
        return 2
    print(json.dumps(document(found)["data"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
