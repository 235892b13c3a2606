"""The analysis is installed as ``refinery_analysis``: so common a name as ``analysis`` is its folder's here only.

A wheel gets a copy under that name (``force-include`` in ``pyproject.toml``). An editable installation gets a module
that takes everything from the checkout.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_STAND_IN = '''\
"""The analysis of an editable installation: all of it is in the checkout."""

__path__ = [{folder!r}]
__file__ = {init!r}
with open(__file__, encoding="utf-8") as _source:
    exec(compile(_source.read(), __file__, "exec"))
'''


class InstalledName(BuildHookInterface[Any]):
    """Gives editable installations the name that wheels have."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the stand-in where an editable wheel is built."""
        if version != "editable":
            return
        folder = Path(self.root) / "analysis"
        made = Path(self.directory) / "refinery_analysis.py"
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_text(
            _STAND_IN.format(folder=str(folder), init=str(folder / "__init__.py")), encoding="utf-8"
        )
        build_data["force_include_editable"][str(made)] = "refinery_analysis/__init__.py"
