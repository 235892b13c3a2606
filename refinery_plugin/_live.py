"""From a session's options and environment to the line that generation talks through."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from dotenv import dotenv_values

from refinery_plugin._forecast import Ahead, Forecast, Typical, forecast
from refinery_plugin._pricing import price_of
from refinery_plugin._prompts import Brief, Turn, system_message, task_message
from refinery_plugin._recording._guard import recording
from refinery_plugin._recording._ledger import UnknownPriceError, unknown_price
from refinery_plugin._recording._secret import Secrets, public_url
from refinery_plugin._recording._tape import Tape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from refinery_plugin._pricing import Price
    from refinery_plugin._recording._store import CassetteStore, Endpoint
    from refinery_plugin._session import Refinery
    from refinery_plugin._units import Unit

DEFAULT_URL = "https://api.openai.com/v1"
_SECRET_NAMES = (
    "OPENAI_API_KEY",
    "OPENAI_ORG_ID",
    "OPENAI_ORGANIZATION",
    "OPENAI_PROJECT_ID",
    "OPENAI_ADMIN_KEY",
)


class _Environment:
    """The process environment, with a ``.env`` file behind it; shows nothing of either."""

    def __init__(self, refinery: Refinery) -> None:
        path = refinery.config.rootpath / ".env"
        self._file = dotenv_values(path) if path.is_file() else {}

    def get(self, name: str) -> str | None:
        return os.environ.get(name) or self._file.get(name) or None


def endpoint(refinery: Refinery) -> str:
    """Return where live requests would go, fit to be shown."""
    return public_url(_Environment(refinery).get("OPENAI_BASE_URL") or DEFAULT_URL)


@contextlib.contextmanager
def open_line(refinery: Refinery, units: Sequence[Unit]) -> Iterator[CassetteStore]:
    """Open the cassettes of a session; holds the folder while anything may be recorded.

    Raises
    ------
    GenerationStopError : without a key where something has to be called, with an unknown price under a cap, ...
    """
    ahead = _unrecorded(refinery, units)
    with contextlib.ExitStack() as stack:
        if ahead and refinery.record_mode != "none" and not refinery.guarded:
            stack.enter_context(recording(refinery.cassettes_dir))
        yield _store(refinery, ahead)


def plan(refinery: Refinery, units: Sequence[Unit]) -> Forecast | None:
    """Return what the live part will take; ``None`` where all is recorded or nothing may be called."""
    ahead = _unrecorded(refinery, units)
    if not ahead or refinery.record_mode == "none":
        return None
    study, task = refinery.study, refinery.task
    todo = []
    for unit in ahead:
        if unit.treatment is None:
            continue
        settings = unit.treatment.settings
        brief = Brief(task=task, settings=settings, packages=study.packages)
        turn = Turn(lead=1, author=None, program=None, remaining_seconds=None)
        messages = (system_message(brief, 1), task_message(brief, turn))
        size = sum(len(message.content.encode()) for message in messages)
        todo.append(Ahead(settings=settings, prompt_bytes=size, price=price_of(settings.model, study.prices)))
    return forecast(todo, _typical(refinery, units), concurrency=refinery.concurrency)


def _unrecorded(refinery: Refinery, units: Sequence[Unit]) -> list[Unit]:
    if refinery.record_mode == "all":
        return list(units)
    return [unit for unit in units if not _tape(refinery, unit).finished]


def _tape(refinery: Refinery, unit: Unit) -> Tape:
    return Tape(refinery.cassettes_dir / f"{unit.name}.json")


def _typical(refinery: Refinery, units: Sequence[Unit]) -> Typical:
    from refinery_plugin._recording._transport import usage_of  # noqa: PLC0415

    turns: list[tuple[float, int]] = []
    for unit in units:
        for recorded in _tape(refinery, unit).recorded:
            usage = None if recorded.cut else usage_of(recorded.document())
            if usage is not None:
                turns.append((recorded.latency_ms / 1000, usage[1]))
    return Typical.of(turns)


def _store(refinery: Refinery, ahead: Sequence[Unit]) -> CassetteStore:
    from refinery_plugin._recording._store import CassetteStore  # noqa: PLC0415 - openai is slow to import

    study = refinery.study
    cap = refinery.config.getoption("refinery_max_cost")
    workers = getattr(refinery.config, "workerinput", {}).get("workercount", 1)

    def price(model: str) -> Price | None:
        return price_of(model, study.prices)

    if cap is not None and refinery.record_mode != "none":
        for model in sorted({unit.treatment.settings.model for unit in ahead if unit.treatment}):
            if price(model) is None:
                raise UnknownPriceError(unknown_price(model))
    target, why_not = _target(refinery)
    return CassetteStore(
        refinery.cassettes_dir,
        afresh=refinery.record_mode == "all",
        endpoint=target,
        why_not=why_not,
        price_of=price,
        # Workers of pytest-xdist share the cap evenly: none can see what the others spend.
        cap=None if cap is None else cap / workers,
    )


def _target(refinery: Refinery) -> tuple[Endpoint | None, str | None]:
    from refinery_plugin._recording._store import Endpoint  # noqa: PLC0415

    if refinery.record_mode == "none":
        return None, (
            "Nothing is called with --refinery-record=none (the default where CI is set): run with "
            "--refinery-record=once and OPENAI_API_KEY set to record it, or restore the cassette"
        )
    environment = _Environment(refinery)
    if environment.get("OPENAI_API_KEY") is None:
        return None, (
            "There is no key to call a model with: set OPENAI_API_KEY (and OPENAI_BASE_URL for another endpoint), also "
            "possible in a .env file, or put the study's cassettes into the folder"
        )
    url = environment.get("OPENAI_BASE_URL") or DEFAULT_URL
    secrets = Secrets(url if "@" in url else None, *(environment.get(name) for name in _SECRET_NAMES))
    return Endpoint(base_url=url, key=lambda: environment.get("OPENAI_API_KEY") or "", secrets=secrets), None
