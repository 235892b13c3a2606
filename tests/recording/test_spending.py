"""Money: prices, reservations, and a cap that is never passed."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import threading
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lab import MODEL, Lab, request
from model_server import answer, body, completion, drop_midway, no_choices, silence, status

from refinery_plugin._generation.chat import Cut, Message, Reply
from refinery_plugin._recording.ledger import (
    Ledger,
    SpendingCapError,
    UnboundedAnswerError,
    UnknownPriceError,
    most_prompt_tokens,
)
from refinery_plugin._study.pricing import Price, price_of
from refinery_plugin._study.request_settings import parse_request

if TYPE_CHECKING:
    from model_server import ModelServer, Received

PRICE = Price(input=Decimal(10), output=Decimal(100), source="a test")
MOST = PRICE.cost(126, 200)  # what one request may cost
SPENT = PRICE.cost(100, 50)  # what it does cost


def converse_many(
    lab: Lab, *, cap: Decimal, trajectories: int, turns: int
) -> tuple[Decimal, list[BaseException]]:
    """Run many trajectories at once; return what the ledger counted and the errors."""

    async def one(chat: object) -> None:
        for turn in range(1, turns + 1):
            await chat.ask(request(turn), remaining_ms=None)  # type: ignore[attr-defined]

    async def run() -> tuple[Decimal, list[BaseException]]:
        store = lab.store(price=PRICE, cap=cap)
        tasks = [one(store.chat(f"t{number}")) for number in range(trajectories)]
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        await store.aclose()
        return store.ledger.spent, [error for error in ended if error is not None]

    return asyncio.run(run())


@pytest.mark.parametrize("share", [0.5, 1, 3.5, 10, 40])
def test_the_cap_is_never_passed_not_even_by_requests_in_flight(
    lab: Lab, server: ModelServer, share: float
) -> None:
    """As the server sees it: what is answered plus the most that those in flight can cost."""
    cap = MOST * Decimal(share)
    exposed: list[Decimal] = []
    lock = threading.Lock()

    def look(_request: Received) -> None:
        with lock:
            done = len(server.requests) - server.in_flight
            exposed.append(done * SPENT + server.in_flight * MOST)

    server.choose = look
    server.default = answer(after=0.01)
    spent, errors = converse_many(lab, cap=cap, trajectories=12, turns=3)
    assert max(exposed, default=0) <= cap
    assert spent == len(server.requests) * SPENT <= cap
    assert len(server.requests) == min(36, max(0, int((cap - MOST) / SPENT) + 1) if cap >= MOST else 0)
    assert all(isinstance(error, SpendingCapError) for error in errors)
    assert bool(errors) == (len(server.requests) < 36)


def test_the_error_at_the_cap_says_how_to_go_on(lab: Lab) -> None:
    """What was spent, what the next request could cost, and that nothing is lost."""
    with pytest.raises(
        SpendingCapError,
        match=r"could cost \$0\.021, and \$0\.00 of the cap of \$0\.02 .*--refinery-max-cost",
    ):
        lab.ask(price=PRICE, cap=Decimal("0.02"))


def test_a_cap_without_a_price_is_refused_before_anything_is_sent(lab: Lab, server: ModelServer) -> None:
    """It names the key of the study that is missing."""
    with pytest.raises(
        UnknownPriceError, match=r"'served-model'.*price = \{ input = 2\.5, output = 10\.0 \}"
    ):
        lab.ask(cap=Decimal(100))
    assert not server.requests


def test_a_cap_without_a_bound_is_refused_before_anything_is_sent(lab: Lab, server: ModelServer) -> None:
    """Where a study drops ``max_tokens`` an answer may cost anything; a limit of another name bounds it again."""
    dropped = parse_request({"drop": ["max_tokens"]})
    with pytest.raises(UnboundedAnswerError, match=r"drops max_tokens for model 'served-model': rename it"):
        lab.ask(price=PRICE, cap=Decimal(100), table=dropped)
    assert not server.requests
    bounded = parse_request({"drop": ["max_tokens"], "extra": {"max_completion_tokens": 200}})
    lab.ask(price=PRICE, cap=Decimal(100), table=bounded)
    assert len(server.requests) == 1


def test_what_a_study_adds_to_requests_counts_in_their_bound(lab: Lab, server: ModelServer) -> None:
    """Tools and their like are part of the prompt."""
    table = parse_request({"extra": {"tools": ["x" * 10_000]}})
    with pytest.raises(SpendingCapError):
        lab.ask(price=PRICE, cap=MOST + PRICE.cost(5_000, 0), table=table)
    assert not server.requests


def test_a_replay_costs_nothing_of_the_cap(lab: Lab) -> None:
    """It was paid for when it was recorded."""
    lab.ask(price=PRICE)
    assert lab.ask(price=PRICE, cap=Decimal(0)).cost_usd == SPENT


def test_waiting_for_money_does_not_run_the_clock_down(lab: Lab, server: ModelServer) -> None:
    """The second request waits for what the first gives back; its latency is its own."""
    server.default = answer(after=0.4)

    async def run() -> list[Reply | Cut]:
        store = lab.store(price=PRICE, cap=MOST + SPENT)
        chats = [store.chat(name) for name in ("a", "b")]
        told = await asyncio.gather(*(chat.ask(request(), remaining_ms=60_000) for chat in chats))
        await store.aclose()
        return told

    told = asyncio.run(run())
    assert server.most_in_flight == 1
    first, second = server.requests
    assert second.at - first.at >= 0.4
    waited = (second.at - first.at) * 1000
    assert sum(one.latency_ms for one in told) < 2 * waited + 700


@pytest.mark.parametrize(
    ("lost", "billed"),
    [
        (no_choices(), SPENT),
        (drop_midway(), MOST),
        (status(504), MOST),
        (status(524), MOST),
        (status(500), 0),
        (status(503), 0),
        (status(429), 0),
    ],
)
def test_what_may_have_been_paid_for_counts_with_what_is_known_of_it(
    lab: Lab, server: ModelServer, lost: object, billed: Decimal | int
) -> None:
    """A useless answer by the usage that it tells, a lost one by all that was reserved; refusals are not billed."""
    server.script(lost)  # type: ignore[arg-type]
    store = lab.store(price=PRICE)
    live = lab.ask(store=store)
    expected = SPENT + billed
    assert live.cost_usd == store.ledger.spent == expected
    assert lab.ask(offline=True).cost_usd == expected


@pytest.mark.parametrize(
    ("total", "counted"), [(400, 300), (150, 50), (0, 50), (None, 50), (-1, 50), (True, 50), ("400", 50)]
)
def test_thinking_that_a_server_counts_in_the_total_alone_is_paid_for(
    lab: Lab, server: ModelServer, total: object, counted: int
) -> None:
    """What the total has beyond the prompt counts, unless that is less than the completion or no number."""
    document = completion()
    document["usage"]["total_tokens"] = total
    server.default = body(json.dumps(document).encode())
    store = lab.store(price=PRICE)
    live, replayed = lab.ask(store=store), lab.ask(offline=True)
    assert isinstance(live, Reply)
    assert (live.prompt_tokens, live.completion_tokens) == (100, counted)
    assert live.cost_usd == store.ledger.spent == PRICE.cost(100, counted)
    assert dataclasses.replace(live, replayed=True) == replayed


def test_a_cut_request_counts_with_all_that_was_reserved(lab: Lab, server: ModelServer) -> None:
    """Nobody tells what a cancelled request cost."""
    server.script(silence())
    store = lab.store(price=PRICE)
    cut = lab.ask(store=store, remaining_ms=100)
    assert isinstance(cut, Cut)
    assert cut.cost_usd == store.ledger.spent == MOST
    assert lab.ask(offline=True, remaining_ms=100).cost_usd == MOST


def test_a_server_that_counts_more_than_was_reserved_is_believed(lab: Lab, server: ModelServer) -> None:
    """The money is gone; nothing more is sent."""
    server.default = answer(usage=(1_000_000, 0))
    store = lab.store(price=PRICE, cap=Decimal(5))
    assert lab.ask(store=store).cost_usd == store.ledger.spent == Decimal(10)
    with pytest.raises(SpendingCapError):
        lab.ask(store=store, name="next")
    assert store.ledger.reserved == 0


@settings(max_examples=60, deadline=None)
@given(
    cap=st.integers(0, 3000),
    asked=st.lists(st.tuples(st.integers(1, 500), st.floats(0, 1)), min_size=1, max_size=25),
)
def test_any_mix_of_requests_stays_below_the_cap(cap: int, asked: list[tuple[int, float]]) -> None:
    """All are told in the end, served or refused, and nothing stays reserved."""
    price = Price(input=Decimal(1_000_000), output=Decimal(0), source="a dollar a token")
    ledger = Ledger(Decimal(cap))

    async def one(most: int, used: float) -> bool:
        try:
            reserved = await ledger.reserve(price, MODEL, most, 0)
        except SpendingCapError:
            return False
        assert ledger.spent + ledger.reserved <= cap
        await asyncio.sleep(0)
        ledger.settle(reserved, Decimal(int(most * used)))
        return True

    async def run() -> list[bool]:
        return await asyncio.gather(*(one(most, used) for most, used in asked))

    served = asyncio.run(asyncio.wait_for(run(), 10))
    assert ledger.reserved == 0
    assert ledger.spent == sum(int(m * u) for (m, u), ok in zip(asked, served, strict=True) if ok) <= cap


@given(st.lists(st.text(max_size=50), max_size=5))
def test_prompts_are_bounded_by_their_bytes(contents: list[str]) -> None:
    """Byte-level tokenizers never make more tokens than there are bytes, plus a few for each message."""
    messages = [
        Message(role="user", content=content.encode("utf-8", "replace").decode()) for content in contents
    ]
    assert most_prompt_tokens(messages) >= sum(len(m.content.encode()) for m in messages) + 8 * len(messages)


def test_a_study_price_comes_before_the_public_one() -> None:
    """What the user wrote is about the endpoint that is used."""
    own = Price(input=Decimal(1), output=Decimal(1), source="own")
    assert price_of("gpt-4o", {"*": own}) is own
    assert price_of("gpt-4o", {"gpt-4o": own, "*": PRICE}) is own
    assert price_of("gpt-4o", {"another": own}) != own


def test_public_prices_need_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """They come with a package, whose version is told."""
    import socket  # noqa: PLC0415 - beside its only use

    monkeypatch.setattr(socket.socket, "connect", lambda *_args: pytest.fail("the network was used"))
    price = price_of("gpt-4o", {})
    assert price is not None
    assert (price.input, price.output) == (Decimal("2.5"), Decimal(10))
    assert price.source.startswith("genai-prices 0.")
    assert price_of("a-model-that-nobody-sells", {}) is None


def test_prices_in_tiers_count_with_the_first() -> None:
    """Those for prompts of 200,000 tokens and more are far from what trajectories send."""
    price = price_of("gemini-2.5-pro", {})
    assert price is not None
    assert (price.input, price.output) == (Decimal("1.25"), Decimal(10))
