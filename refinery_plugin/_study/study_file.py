"""Which ``pyproject.toml`` is the study of a folder.

Light to import, since every pytest run with the plugin installed asks it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def nearest_study(start: Path, top: Path) -> Path | None:
    """Return the ``pyproject.toml`` with ``[tool.refinery]`` that is nearest to a folder, up to ``top``.

    ``None`` where there is none; a folder outside of ``top`` is looked at alone.
    """
    folders = [start, *start.parents] if start.is_relative_to(top) else [start]
    for folder in folders:
        if declares_study(folder / "pyproject.toml"):
            return folder / "pyproject.toml"
        if folder == top:
            return None
    return None


def declares_study(path: Path) -> bool:
    """Whether a ``pyproject.toml`` declares a study; one that is broken does where it seems to."""
    try:
        data = path.read_bytes()
    except OSError:
        return False
    if b"refinery" not in data:  # most projects of an environment that has the plugin
        return False
    import tomllib  # noqa: PLC0415 - see the module's docstring

    try:
        tool = tomllib.loads(data.decode("utf-8")).get("tool")
    except (ValueError, RecursionError):
        return b"[tool.refinery" in data
    return isinstance(tool, dict) and "refinery" in tool
