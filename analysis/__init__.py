"""What designed experiments on generated code prove: ANOVA, power, sample size and cost.

``read_results`` reads benchmark JSON or CSV into tidy frames, ``analyse`` does every step, ``document`` turns the
result into plain values. The same from a terminal: ``refinery-analysis RESULTS.json`` (``python -m analysis`` in a
checkout).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._analysis import Analysis, Options, analyse
    from ._errors import AnalysisError
    from ._presentation.document import document
    from ._reading.frames import Results
    from ._reading.read import read_results

__all__ = ["Analysis", "AnalysisError", "Options", "Results", "analyse", "document", "read_results"]

_HOMES = {
    "Analysis": "_analysis",
    "AnalysisError": "_errors",
    "Options": "_analysis",
    "Results": "_reading.frames",
    "analyse": "_analysis",
    "document": "_presentation.document",
    "read_results": "_reading.read",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is exported
    """Import on first use: ``--help`` and a wrong option need no numerical library."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
