"""What a session's figures depend on: an interrupted one is resumed only where all of it is the same."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
from typing import TYPE_CHECKING

from refinery_plugin._errors import RefineryError
from refinery_plugin._timing.document import describe_study
from refinery_plugin._timing.journal import latest
from refinery_plugin._verification.inputs import VERIFIER
from refinery_plugin._words import own_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from refinery_plugin._study.study import Study
    from refinery_plugin._study.task import Task
    from refinery_plugin._timing.journal import PastSession
    from refinery_plugin._timing.records import SessionHeader

_LIBRARIES = ("pytest-benchmark", "hypothesis", "numpy")


class ResumeError(RefineryError):
    """The interrupted session cannot be gone on with."""


def fingerprint(
    study: Study,
    tasks: Mapping[str, Task],
    *,
    programs: Path,
    sandbox: str | None,
    elsewhere: bool = False,
    shard: tuple[int, int] | None = None,
) -> dict[str, object]:
    """Return what must be the same for figures to belong to one session, as it stands in JSON.

    Parameters
    ----------
    tasks : the study's tasks by name; what they draw is compared when they are opened.
    sandbox : name of the sandbox; ``None`` where none is open, and then there is no such key.
    elsewhere : whether programs run on workers, each of which is held to the same versions, instead of on this machine.
    shard : number and count of parts, where the session has one of several.
    """
    values = {
        "programs": os.fspath(programs),
        "study": describe_study(study),
        "task": {name: [task.version, task.checksum] for name, task in tasks.items()},
        "verifier": VERIFIER,
        "versions": versions_with(study.packages),
        "machine": "workers" if elsewhere else [platform.node(), platform.machine(), os.cpu_count()],
        **({} if sandbox is None else {"sandbox": sandbox}),
        **({} if shard is None else {"shard": shard}),
    }
    plain: dict[str, object] = json.loads(json.dumps(values))
    return plain


def versions_with(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions of what verdicts and times depend on, and of what programs may import."""
    by_module = importlib.metadata.packages_distributions()
    names = {name for package in packages for name in by_module.get(package, ())}
    return versions() | {name: importlib.metadata.version(name) for name in sorted(names)}


def versions() -> dict[str, str]:
    """Return the versions of what verdicts and times depend on."""
    libraries = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    return {"python": platform.python_version(), "pytest-refinery": own_version(), **libraries}


def find_past(
    directory: Path, *, study: Study, programs: Path, shard: tuple[int, int] | None = None
) -> PastSession | None:
    """Return the newest journal of this study, these programs and this part: machines may share the folder."""
    part = None if shard is None else list(shard)
    about = {"programs": os.fspath(programs), "study_name": study.name, "shard": part}
    return latest(directory, about=about)


def require_same(
    header: SessionHeader,
    now: Mapping[str, object],
    *,
    path: Path,
    verify_seed: int | None,
    inputs: Mapping[str, tuple[str, str]],
) -> None:
    """Refuse to mix figures of different circumstances.

    Parameters
    ----------
    header : of the interrupted session, whose journal is at ``path``.
    now : this session's fingerprint.
    verify_seed : that was asked for; ``None`` where any will do.
    inputs : checksums of what tasks drew then and draw now, under the name by which they are told.

    Raises
    ------
    ResumeError : with what differs.
    """
    then: dict[str, object] = dict(header.fingerprint)
    now = dict(now)
    if verify_seed is not None:
        then["verify_seed"], now["verify_seed"] = header.verify_seed, verify_seed
    pairs = {name: (then.get(name), value) for name, value in now.items()} | dict(inputs)
    differing = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    if differing:
        details = "; ".join(f"{name}: then {old!r}, now {new!r}" for name, (old, new) in differing.items())
        raise ResumeError(
            f"--refinery-resume: the interrupted session ({path}) was under other circumstances ({details[:1500]}). "
            "Restore them, or start afresh without --refinery-resume"
        )
