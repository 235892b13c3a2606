"""What a generation will take is foretold by who speaks, as the protocol has it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from test_engine import TASK

from refinery_plugin._generation.forecast import Ahead, Forecast, Typical, describe, forecast
from refinery_plugin._generation.known_kinds import Methods
from refinery_plugin._generation.protocols import (
    OWN_PROTOCOLS,
    NextTurn,
    ProtocolError,
    Situation,
    TeamProtocol,
)
from refinery_plugin._study.agents import AgentTable
from refinery_plugin._study.levels import Budget
from refinery_plugin._study.pricing import Price
from refinery_plugin._study.settings import resolve

ALIKE = Typical(latency_seconds=(10.0,) * 3, completion_tokens=(100.0,) * 3)
FREE, DEAR = (Price(input=Decimal(0), output=Decimal(cost), source="a test") for cost in (0, 1_000_000))


def foretold(
    *protocols: TeamProtocol, prices: tuple[Price | None, ...] = (DEAR,), **settings: object
) -> Forecast:
    methods = Methods.of(protocols=[*OWN_PROTOCOLS, *protocols])
    brief = methods.brief(TASK, resolve(settings), ())
    return forecast([Ahead(brief=brief, prompt_bytes=400, prices=prices)], ALIKE, concurrency=1)


def alike(value: float) -> tuple[float, float, float]:
    """Return the low, the expected and the high end of what is certain."""
    return value, value, value


TWO = (AgentTable(model="a"), AgentTable(model="b"))


@pytest.mark.parametrize(
    ("protocol", "agents", "turns", "dear", "usd"),
    [
        ("review", 3, 6, 0, 300),
        ("review", 3, 6, 1, 200),
        ("review", 3, 6, 2, 100),
        ("rotate", 3, 4, 0, 200),
        ("rotate", 3, 4, 2, 100),
        ("independent", 3, 4, 0, 200),
        ("independent", 3, 4, 2, 100),
    ],
)
def test_each_turn_is_priced_as_the_agent_that_speaks_in_it(
    protocol: str, agents: int, turns: int, dear: int, usd: float
) -> None:
    """One dear agent among free ones: in a review the first has every other turn, whichever the others are."""
    prices = tuple(DEAR if agent == dear else FREE for agent in range(agents))
    team = tuple(AgentTable() for _ in range(agents))
    plan = foretold(prices=prices, agents=team, protocol=protocol, optimization=Budget(iterations=turns))
    assert (plan.calls, plan.usd) == (alike(turns), alike(usd))


def test_independent_agents_end_at_their_own_shares() -> None:
    """300 tokens each: a first turn of 100 + 100 tokens, a second of 200 + 100, and none after it."""
    plan = foretold(prices=(FREE,) * 2, agents=2, protocol="independent", optimization=Budget(tokens=600))
    assert (plan.calls, plan.usd) == (alike(4), alike(0))


def test_the_words_that_a_turn_sees_count_as_its_prompt() -> None:
    """With ``transcript`` each turn sends all answers before it besides the current program."""
    plain, told = (
        foretold(memory=memory, optimization=Budget(iterations=3)) for memory in ("program", "transcript")
    )
    assert plain.tokens == alike(3 * 100 + 2 * 100 + 3 * 100)
    assert told.tokens == alike(plain.tokens[0] + 100 + 200)


def test_a_time_budget_ends_by_the_latencies() -> None:
    """Turns of ten seconds in a minute."""
    plan = foretold(optimization=Budget(seconds=60))
    assert (plan.calls, plan.seconds) == (alike(6), alike(60))


def test_without_a_price_there_is_no_cost() -> None:
    """One agent without a price makes the sum unknown."""
    assert foretold(prices=(None, DEAR), agents=TWO).usd is None


def test_a_users_protocol_leads_and_is_refused_where_its_first_turn_cannot_be() -> None:
    """It ends where it says; what it does after a made-up answer it cannot read is taken to go round."""

    def ends(situation: Situation) -> NextTurn | None:
        return None if len(situation.turns) == 2 else NextTurn(agent=2)

    def reads(situation: Situation) -> NextTurn:
        return NextTurn(agent=int(situation.turns[-1].text) if situation.turns else 1)

    def nobody(_situation: Situation) -> NextTurn:
        return NextTurn(agent=3)

    protocols = [TeamProtocol(name=one.__name__, next_turn=one) for one in (ends, reads, nobody)]
    prices, budget = (FREE, DEAR), Budget(iterations=4)
    plans = [
        foretold(*protocols, prices=prices, agents=TWO, protocol=name, optimization=budget)
        for name in ("ends", "reads")
    ]
    assert [(plan.calls[1], plan.usd) for plan in plans] == [(2, alike(200)), (4, alike(200))]
    with pytest.raises(
        ProtocolError, match=r"protocol 'nobody': there is no agent 3 for turn 1; .* from 1 to 2"
    ):
        foretold(*protocols, prices=prices, agents=TWO, protocol="nobody", optimization=budget)


def test_typical_turns_are_those_that_were_recorded() -> None:
    """A tenth, the mean and nine tenths of their latencies and tokens; experience where there are none."""
    assert Typical.of([]) == Typical()
    seen = Typical.of([(float(seconds), 10 * seconds) for seconds in range(21)])
    assert seen.latency_seconds == (2.0, 10.0, 18.0)
    assert seen.completion_tokens == (20.0, 100.0, 180.0)
    assert seen.turns_seen == 21


@pytest.mark.parametrize(
    ("usd", "seconds", "turns", "lines"),
    [
        (
            None,
            alike(59.6),
            0,
            ["2 programs, judged by typical turns: 3 calls,", "cost unknown", "1 min 00 s at"],
        ),
        (
            (0.5, 1.0, 2.0),
            (59.0, 3600.0, 7320.0),
            1,
            [
                "judged by 1 recorded turn:",
                "12k tokens, $1.00 ($0.50 to $2.00),",
                "1 h 00 min (59 s to 2 h 02 min)",
            ],
        ),
    ],
)
def test_a_forecast_is_said_in_three_lines(
    usd: tuple[float, float, float] | None, seconds: tuple[float, float, float], turns: int, lines: list[str]
) -> None:
    """With an interval where one is known, and with what it rests on."""
    plan = Forecast(
        trajectories=2, calls=alike(3.0), tokens=alike(12_000.0), usd=usd, seconds=seconds, turns_seen=turns
    )
    for line, told in zip(describe(plan, concurrency=4), lines, strict=True):
        assert told in line
