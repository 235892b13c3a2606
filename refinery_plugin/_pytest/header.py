"""The lines above a session: which study, and whether anything will be called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._errors import RefineryError
from refinery_plugin._pytest.session import JOURNALS, Refinery, refinery_of
from refinery_plugin._recording.cassette_folder import REPLACED, look_at
from refinery_plugin._study.levels import show
from refinery_plugin._words import count, printable

if TYPE_CHECKING:
    import pytest

_MOST_ORPHANS = 3


def lines(config: pytest.Config) -> list[str]:
    """Return the header of a session that is about a study; nothing where the study cannot be read yet."""
    refinery = refinery_of(config)
    try:
        sentences = _design(refinery)
        if refinery.generates:
            sentences += _source(refinery, narrowed=_is_narrowed(config))
        if refinery.old_place is not None:
            sentences.append(refinery.old_place)
        if refinery.journal_dir != refinery.base / JOURNALS:
            sentences.append(f"this folder is read-only: timing sessions are kept in {refinery.journal_dir}")
        if config.getoption("refinery_sandbox") == "none" and not config.option.collectonly:
            sentences.append("WARNING: sandbox none: generated code runs with all your rights")
    except RefineryError:
        return []  # told as an error of its own, a moment later
    return [printable(f"refinery: {line}") for line in sentences]


def _design(refinery: Refinery) -> list[str]:
    study = refinery.study
    models = sorted({model for treatment in study.treatments for model in treatment.settings.models})
    model = ", ".join(models[:3]) + (f" and {len(models) - 3} more" if len(models) > 3 else "")  # noqa: PLR2004
    factors = " x ".join(f"{len(levels)} {name}" for name, levels in study.factors.items())
    treatments, replicates = len(study.treatments), study.replicates
    size = f"{count(treatments, 'treatment')} x {count(replicates, 'replicate')}"
    if study.by_task:
        size = f"{count(len(study.tasks), 'task')} x {size}"
    parts = [factors] if len(study.factors) > 1 else []
    if study.names_model or refinery.generates:  # nobody asks a model that is a mere default
        parts.append(f"model {show(model)}")
    sentences = [f"study {study.name}, {size} = {count(study.programs, 'program')}"]
    return [*sentences, ", ".join(parts)] if parts else sentences


def _is_narrowed(config: pytest.Config) -> bool:
    """Return whether the session is about a part of the study: about which, no one knows before tests are collected."""
    chosen = ("keyword", "markexpr", "deselect", "lf", "stepwise", "refinery_shard")
    return any(config.getoption(name, None) for name in chosen) or any("::" in each for each in config.args)


def _source(refinery: Refinery, *, narrowed: bool) -> list[str]:
    from refinery_plugin._pytest.cassettes import endpoint  # noqa: PLC0415 - only where programs are generated

    directory, names = refinery.cassettes_dir, {unit.name for unit in refinery.units}
    place, mode = refinery.relative(directory), refinery.record_mode
    if mode == "all":
        kept = f"what is there is kept in {place}/{REPLACED}"
        which = f"those selected of {len(names)}" if narrowed else f"all {len(names)}"
        return [f"records {which} afresh into {place}", kept, f"calls {endpoint(refinery)}"]
    shelf = look_at(directory, names)
    finished, begun = shelf.finished, shelf.begun
    sentences = [f"replays {len(finished)} of {len(names)} from {place}"]
    if (rest := len(names) - len(finished)) and mode != "none":
        going_on = f" ({len(begun)} of them begun)" if begun else ""
        which = "those selected of the other" if narrowed else "the other"
        sentences.append(f"records {which} {rest}{going_on} from {endpoint(refinery)}")
    if orphans := sorted(shelf.orphans):
        more = f" and {len(orphans) - _MOST_ORPHANS} more" if len(orphans) > _MOST_ORPHANS else ""
        listed = ", ".join(f"{name}.json" for name in orphans[:_MOST_ORPHANS])
        sentences.append(
            f"{count(len(orphans), 'recording')} there of no program of this study: {listed}{more}"
        )
    return sentences
