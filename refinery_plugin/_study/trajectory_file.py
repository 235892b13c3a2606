"""Reading the file of a trajectory: written by the plugin, but lying where anybody may have changed it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from refinery_plugin._errors import RefineryError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LARGEST = 64 * 2**20


class TrajectoryFileError(RefineryError):
    """A trajectory file is not as the plugin wrote it."""


def read_document(path: Path) -> Mapping[str, object] | None:
    """Return the document of a trajectory file; ``None`` where there is no such file.

    Raises
    ------
    TrajectoryFileError : with the file, and what to do.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise damaged(path, f"more than {_LARGEST:,} bytes")
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except RecursionError:
        raise damaged(path, "brackets are nested too deeply") from None
    except (OSError, ValueError) as exc:
        raise damaged(path, repr(exc)) from exc
    if not isinstance(document, dict):
        raise damaged(path, f"a {type(document).__name__}, not an object")
    return document


def damaged(path: Path, why: str) -> TrajectoryFileError:
    """Return (not raise) the error that says what is wrong with a file, and what to do."""
    return TrajectoryFileError(
        f"{path}: not a trajectory ({why}); make it again with pytest --refinery-generate"
    )
