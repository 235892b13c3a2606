"""What a block needs, on its own: pickled, with the code of functions that no worker could import."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import importlib
import pickle
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

from refinery_plugin._cluster.ports import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from refinery_plugin._sandbox import Limits
    from refinery_plugin._study.task import Task

_OURS = {"refinery_plugin", "refinery_analysis", "analysis"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BlockRequest:
    """All that a block depends on. The same request gives the same verdicts wherever it is done, and however often.

    Parameters
    ----------
    number : of the block's stretch, from 0.
    session : id of the session.
    programs : keys and texts.
    list_seeds : of the timed lists; none where the task is only verified.
    verify_seed : decides everything else that is drawn.
    runs : timed runs on each list.
    """

    number: int
    session: str
    task: Task
    programs: tuple[tuple[str, bytes], ...]
    list_seeds: tuple[int, ...]
    verify_seed: int
    runs: int
    limits: Limits
    time_factor: int
    sandbox: str
    packages: tuple[str, ...]


def pickled(request: BlockRequest) -> bytes:
    """Return a request as bytes that need nothing of this project but the plugin.

    Raises
    ------
    ClusterError : when something of the task cannot go to another process.
    """
    cloudpickle: Any = importlib.import_module("cloudpickle")
    try:
        with _by_value(cloudpickle):
            data: bytes = cloudpickle.dumps(request, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as exc:
        raise ClusterError(
            f"task {request.task.name!r} cannot be sent to a worker ({type(exc).__name__}: {exc}): its functions hold "
            "something that is bound to this process, such as an open file or a lock; make that inside of them"
        ) from exc
    return data


@contextlib.contextmanager
def _by_value(cloudpickle: Any) -> Iterator[None]:  # noqa: ANN401 - a module without types
    """Send the code of modules that are not installed, such as a conftest.py, instead of their names."""
    chosen = [module for name, module in tuple(sys.modules.items()) if _is_local(name, module)]
    for module in chosen:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in chosen:
            cloudpickle.unregister_pickle_by_value(module)


def _is_local(name: str, module: ModuleType | None) -> bool:
    file = getattr(module, "__file__", None)
    if not file or name.partition(".")[0] in _OURS or getattr(module, "__name__", "") != name:
        return False  # under its other name it comes again
    return _is_outside(str(file))


@functools.cache
def _is_outside(file: str) -> bool:
    """Whether a file is in no place where things are installed; cached, since each block asks it of all modules."""
    path = Path(file)
    return not any(path.is_relative_to(place) for place in _installed()) and "site-packages" not in path.parts


@functools.cache
def _installed() -> frozenset[str]:
    paths = sysconfig.get_paths()
    return frozenset(paths[kind] for kind in ("stdlib", "platstdlib", "purelib", "platlib"))
