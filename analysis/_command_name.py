"""What starts the analysis here: installed, the package has a name that nobody else's has, and a script."""

from __future__ import annotations

COMMAND = "refinery-analysis" if __name__.startswith("refinery_analysis") else "python -m analysis"


def version() -> str:
    """Return name and version; ``unknown`` where the package is used without being installed."""
    import importlib.metadata  # noqa: PLC0415 - asked for by --version alone

    try:
        return f"pytest-refinery {importlib.metadata.version('pytest-refinery')}"
    except importlib.metadata.PackageNotFoundError:
        return "pytest-refinery unknown (not installed)"
