"""What designed experiments on generated code prove: ANOVA, power, sample size and cost.

``read_results`` reads benchmark JSON or CSV into tidy frames, ``analyse`` does every step, ``document`` turns the
result into plain values. The same from a terminal: ``python -m analysis RESULTS.json``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis._analysis import Analysis, Options, analyse
    from analysis._document import document
    from analysis._errors import AnalysisError
    from analysis._frame import Results
    from analysis._reading import read_results

__all__ = ["Analysis", "AnalysisError", "Options", "Results", "analyse", "document", "read_results"]

_HOMES = {
    "Analysis": "_analysis",
    "AnalysisError": "_errors",
    "Options": "_analysis",
    "Results": "_frame",
    "analyse": "_analysis",
    "document": "_document",
    "read_results": "_reading",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is exported
    """Import on first use: ``--help`` and a wrong option need no numerical library."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
