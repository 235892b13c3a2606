"""From a session's options and environment to the line that generation talks through."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from refinery_plugin._generation.chat import GenerationStopError
from refinery_plugin._generation.forecast import Ahead, Forecast, Typical, forecast
from refinery_plugin._generation.prompts import Turn, turn_request
from refinery_plugin._generation.request_body import bounds_answers
from refinery_plugin._pytest.session import worker_number
from refinery_plugin._recording.cassette import TrajectoryCassette, completion_tokens
from refinery_plugin._recording.endpoint import (
    KEY,
    Endpoint,
    Environment,
    MissingKeyError,
    endpoint_name,
)
from refinery_plugin._recording.folder_lock import recording
from refinery_plugin._recording.ledger import (
    EndlessBudgetError,
    Ledger,
    UnboundedAnswerError,
    UnknownPriceError,
    endless_budget,
    unbounded_answer,
    unknown_price,
)
from refinery_plugin._recording.unrecorded import ReplayOnly
from refinery_plugin._study.pricing import price_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from refinery_plugin._pytest.session import Refinery
    from refinery_plugin._recording.cassette_store import CassetteStore
    from refinery_plugin._study.pricing import Price
    from refinery_plugin._study.units import Unit

_LEDGER = pytest.StashKey[Ledger]()


def endpoint(refinery: Refinery) -> str:
    """Return where live requests would go, fit to be shown, and whether there is no key for it."""
    environment = Environment(refinery.environment_dir)
    try:
        Endpoint(environment, _headers(refinery, refinery.units))
    except MissingKeyError as exc:
        return f"{endpoint_name(environment)} (but {exc.variable} is not set)"
    return endpoint_name(environment)


@contextlib.contextmanager
def open_line(refinery: Refinery, units: Sequence[Unit]) -> Iterator[tuple[CassetteStore, Forecast | None]]:
    """Open the cassettes of some programs; holds their folder while anything may be recorded.

    Yields
    ------
    The cassettes, and what the live part will take (``None`` where nothing may be called).

    Raises
    ------
    GenerationStopError : when another run records here, a cassette is damaged, a price unknown under a cap, ...
    """
    with contextlib.ExitStack() as stack:
        tapes = _tapes(refinery, units)
        target = _target(refinery, units, tapes)
        if isinstance(target, Endpoint) and not refinery.guarded:
            stack.enter_context(recording(refinery.cassettes_dir))
            tapes = _tapes(refinery, units)  # another run may have recorded until now
        ahead = _unrecorded(refinery, units, tapes)
        plan = None
        if ahead and isinstance(target, Endpoint):
            plan = _plan(refinery, ahead, tapes, concurrency=refinery.concurrency)
        yield _store(refinery, target, ahead), plan


def plan_of(refinery: Refinery, units: Sequence[Unit], *, concurrency: int) -> Forecast | None:
    """Return what the live part of some programs will take; ``None`` where nothing may or need be called.

    Raises
    ------
    RefineryError : when a cassette is damaged.
    """
    tapes = _tapes(refinery, units)
    ahead = _unrecorded(refinery, units, tapes)
    if not ahead or isinstance(_target(refinery, units, tapes), ReplayOnly):
        return None
    return _plan(refinery, ahead, tapes, concurrency=concurrency)


@contextlib.contextmanager
def hold(refinery: Refinery) -> Iterator[None]:
    """Hold the cassettes on behalf of other processes, if anything of the study may be recorded.

    Raises
    ------
    GenerationStopError : when another run records here.
    """
    units = refinery.units
    with contextlib.ExitStack() as stack:
        if isinstance(_target(refinery, units, _tapes(refinery, units)), Endpoint):
            stack.enter_context(recording(refinery.cassettes_dir))
        yield


def _tapes(refinery: Refinery, units: Sequence[Unit]) -> dict[str, TrajectoryCassette]:
    # With "all" they are looked at, too: their turns tell what is to be expected.
    return {unit.name: TrajectoryCassette(refinery.cassettes_dir / f"{unit.name}.json") for unit in units}


def _unrecorded(
    refinery: Refinery, units: Sequence[Unit], tapes: Mapping[str, TrajectoryCassette]
) -> list[Unit]:
    return [unit for unit in units if refinery.record_mode == "all" or not tapes[unit.name].finished]


def _plan(
    refinery: Refinery, ahead: Sequence[Unit], tapes: Mapping[str, TrajectoryCassette], *, concurrency: int
) -> Forecast:
    study = refinery.study
    todo = []
    for unit in ahead:
        if unit.treatment is None:
            continue
        settings = unit.treatment.settings
        brief = refinery.methods.brief(refinery.task_of(unit), settings, study.packages)
        turn = Turn(lead=1, author=None, program=None, remaining_seconds=None)
        messages = turn_request(brief, turn, (), seed=0).messages
        size = sum(len(message.content.encode()) for message in messages)
        prices = [price_of(agent.model, study.prices) for agent in settings.team]
        todo.append(Ahead(brief=brief, prompt_bytes=size, prices=prices))
    return forecast(todo, _typical(tapes), concurrency=concurrency)


def _typical(tapes: Mapping[str, TrajectoryCassette]) -> Typical:
    turns: list[tuple[float, int]] = []
    for tape in tapes.values():
        for recorded in tape.recorded:
            tokens = completion_tokens(recorded)
            if tokens is not None:
                turns.append((recorded.latency_ms / 1000, tokens))
    return Typical.of(turns)


def _store(refinery: Refinery, target: Endpoint | ReplayOnly, ahead: Sequence[Unit]) -> CassetteStore:
    from refinery_plugin._recording.cassette_store import CassetteStore  # noqa: PLC0415 - openai is slow to import

    study = refinery.study

    def price(model: str) -> Price | None:
        return price_of(model, study.prices)

    ledger = _ledger(refinery)
    if ledger.cap is not None and isinstance(target, Endpoint):
        _require_a_whole_count(refinery.config)
        for model in _models(ahead):
            if price(model) is None:
                raise UnknownPriceError(unknown_price(model))
            if not bounds_answers(study.request.of(model)):
                raise UnboundedAnswerError(unbounded_answer(model))
    _require_prices_of_budgets(refinery, ahead)
    return CassetteStore(
        refinery.cassettes_dir,
        target,
        afresh=refinery.record_mode == "all",
        price_of=price,
        ledger=ledger,
        rules_of=study.request.of,
    )


def _require_prices_of_budgets(refinery: Refinery, ahead: Sequence[Unit]) -> None:
    """Refuse a budget in dollars that nobody can count, or that nothing is ever taken from, before anything is sent."""
    for unit in ahead:
        settings = None if unit.treatment is None else unit.treatment.settings
        if settings is None or settings.optimization.usd is None:
            continue
        free = set()
        for model in settings.models:
            price = price_of(model, refinery.study.prices)
            if price is None:
                raise UnknownPriceError(unknown_price(model, f"the budget {str(settings.optimization)!r}"))
            if price.is_free:
                free.add(model)
        # Agents that work alone have a share each; else one that costs something ends the budget of all.
        alone = refinery.methods.protocols[settings.protocol].alone
        endless = free and (alone or free == set(settings.models))
        if endless and settings.optimization.is_of_dollars_alone:
            raise EndlessBudgetError(endless_budget(min(free), str(settings.optimization), where=unit.name))


def _ledger(refinery: Refinery) -> Ledger:
    """Return the ledger of the session; one for all its generations."""
    config = refinery.config
    if _LEDGER not in config.stash:
        cap = config.getoption("refinery_max_cost")
        # Workers of pytest-xdist share the cap evenly: none can see what the others spend.
        workers = getattr(config, "workerinput", {}).get("workercount", 1)
        config.stash[_LEDGER] = Ledger(None if cap is None else cap / workers)
    return config.stash[_LEDGER]


def _require_a_whole_count(config: pytest.Config) -> None:
    """Refuse to spend a share of the cap twice: pytest-xdist puts new workers in the place of dead ones."""
    worker = worker_number(config)
    if worker is not None and worker[0] >= worker[1]:
        raise GenerationStopError(
            "a worker of pytest-xdist died, and nobody knows what it had spent of its share of --refinery-max-cost. "
            "Every finished turn is recorded: run again to go on"
        )


def _target(
    refinery: Refinery, units: Sequence[Unit], tapes: Mapping[str, TrajectoryCassette]
) -> Endpoint | ReplayOnly:
    """Return where to call, or why nothing may be called and what to do."""
    if refinery.record_mode == "none":
        return ReplayOnly(
            "Nothing is called with --refinery-record=none (the default where CI is set): run with "
            f"--refinery-record=once and {KEY} set to record it, or restore the cassette"
        )
    ahead = _unrecorded(refinery, units, tapes)
    if not ahead:
        return ReplayOnly("All is recorded")
    try:
        return Endpoint(Environment(refinery.environment_dir), _headers(refinery, ahead))
    except MissingKeyError as exc:
        return ReplayOnly(str(exc))


def _headers(refinery: Refinery, units: Sequence[Unit]) -> list[Mapping[str, str]]:
    """Return the further headers of all models, by which servers may know their callers instead of by a key."""
    return [refinery.study.request.of(model).headers for model in _models(units)]


def _models(units: Sequence[Unit]) -> list[str]:
    return sorted({model for unit in units if unit.treatment for model in unit.treatment.settings.models})
