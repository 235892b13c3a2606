"""The lines above a session: which study, and whether anything will be called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._errors import RefineryError
from refinery_plugin._levels import show
from refinery_plugin._session import Refinery, refinery_of
from refinery_plugin._words import count

if TYPE_CHECKING:
    import pytest


def lines(config: pytest.Config) -> list[str]:
    """Return the header of a session that is about a study; nothing where the study cannot be read yet."""
    refinery = refinery_of(config)
    try:
        out = [_design(refinery)]
        if refinery.generates:
            out.append(_source(refinery))
    except RefineryError:
        return []  # told as an error of its own, a moment later
    return out


def _design(refinery: Refinery) -> str:
    study = refinery.study
    models = sorted({treatment.settings.model for treatment in study.treatments})
    model = ", ".join(models[:3]) + (f" and {len(models) - 3} more" if len(models) > 3 else "")  # noqa: PLR2004
    factors = " x ".join(f"{len(levels)} {name}" for name, levels in study.factors.items())
    return (
        f"refinery: study {study.name}, {count(len(study.treatments), 'treatment')}"
        f"{f' ({factors})' if len(study.factors) > 1 else ''} x {count(study.replicates, 'replicate')} "
        f"= {count(study.programs, 'program')}, model {show(model)}"
    )


def _source(refinery: Refinery) -> str:
    from refinery_plugin._live import endpoint  # noqa: PLC0415 - only where programs are generated

    directory = refinery.cassettes_dir
    recorded = {path.stem for path in directory.glob("*.json")} if directory.is_dir() else set()
    names = {unit.name for unit in refinery.units}
    have, mode = len(names & recorded), refinery.record_mode
    place = refinery.relative(directory)
    if mode == "all":
        return f"refinery: records all {len(names)} afresh from {endpoint(refinery)} into {place}"
    if have == len(names) or mode == "none":
        return f"refinery: replays {have} of {len(names)} from {place}"
    return (
        f"refinery: replays {have} of {len(names)} from {place}, records the rest from {endpoint(refinery)}"
    )
