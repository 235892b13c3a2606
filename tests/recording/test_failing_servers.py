"""Servers that misbehave, each in its own way, and how the trajectory or the run ends."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import email.utils
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest
from lab import IMPATIENT, KEY, Lab, request, requests, texts
from model_server import (
    Received,
    answer,
    body,
    drop,
    drop_midway,
    endless,
    flood,
    held,
    no_choices,
    silence,
    status,
    truncated_json,
)

from refinery_plugin._generation.chat import ChatFailedError, Cut, GenerationStopError, Reply

if TYPE_CHECKING:
    from model_server import Behaviour, ModelServer

BRISK = dataclasses.replace(IMPATIENT, request_limit=1.0)

PASSING = {
    "429": status(429),
    "408": status(408),
    "409": status(409),
    "500": status(500),
    "502 with a page": body(b"<html>Bad gateway</html>", code=502),
    "503": status(503),
    "529": status(529),
    "dropped": drop(),
    "dropped midway": drop_midway(),
    "truncated JSON": truncated_json(),
    "a page": body(b"<html>Welcome</html>"),
    "no JSON object": body(b"[1, 2]"),
    "not UTF-8": body(b'{"choices": "\xff"}'),
    "nested": body(b"[" * 100_000),
    "no choices": no_choices(),
    "null choices": body(b'{"choices": null}'),
    "no message": body(b'{"choices": [{"index": 0}]}'),
    "content of another type": body(b'{"choices": [{"message": {"content": 7}}]}'),
    "never answers": silence(),
    "never ends": endless(),
    "too large": flood(40 * 2**20),
}


@pytest.mark.parametrize("failure", PASSING.values(), ids=PASSING.keys())
def test_a_passing_failure_is_tried_again_and_told(lab: Lab, server: ModelServer, failure: Behaviour) -> None:
    """The turn is answered, its latency holds the failed attempt, which the recording names."""
    server.script(failure, answer("at last"))
    live = lab.ask(policy=BRISK)
    assert texts([live]) == ["at last"]
    extra = lab.cassette()["interactions"][0]["response"]["refinery"]
    [attempt] = extra["attempts"]
    assert attempt["ms"] < extra["latency_ms"] == live.latency_ms
    assert attempt["outcome"]
    assert len({one.raw for one in server.requests}) == 1
    assert lab.ask(offline=True) == dataclasses.replace(live, replayed=True)


LASTING = {
    "500": (status(500, "the GPU melted"), 6, "6 attempts failed, the last with: HTTP 500: the GPU melted"),
    "429": (status(429), 6, "6 attempts failed, the last with: HTTP 429"),
    "dropped": (drop(), 6, "the connection broke"),
    "truncated JSON": (truncated_json(), 6, "an answer that is not whole JSON"),
    "no choices": (no_choices(), 6, "an answer with no choices"),
    "never answers": (silence(), 2, "2 attempts failed, the last with: no whole answer within 1 s"),
    "never ends": (endless(), 2, "2 attempts failed, the last with: no whole answer within 1 s"),
    "400": (status(400, "context too long"), 1, "HTTP 400: context too long"),
    "413": (status(413), 1, "HTTP 413"),
    "422": (status(422, "no"), 1, "HTTP 422: no"),
    "an hour's pause": (status(429, headers={"retry-after": "3601"}), 1, "would have to wait for 3601 s"),
}


@pytest.mark.parametrize(("failure", "attempts", "told"), LASTING.values(), ids=LASTING.keys())
def test_a_lasting_failure_ends_its_trajectory_alone(
    lab: Lab, server: ModelServer, failure: Behaviour, attempts: int, told: str
) -> None:
    """The number of attempts is bounded; the other trajectories of the store are served."""
    server.script(answer("fine"), *[failure] * attempts, answer("fine"))

    async def run() -> list[object]:
        store = lab.store(policy=BRISK)
        try:
            reached, troubled = store.chat("reached"), store.chat("troubled")
            return [
                await reached.ask(request(1), remaining_ms=None),
                *await asyncio.gather(troubled.ask(request(1), remaining_ms=None), return_exceptions=True),
                await reached.ask(request(2), remaining_ms=None),
            ]
        finally:
            await store.aclose()

    first, failed, second = asyncio.run(run())
    assert isinstance(first, Reply)
    assert isinstance(second, Reply)
    assert isinstance(failed, ChatFailedError)
    assert told in str(failed)
    assert len(server.requests) == attempts + 2


def test_a_failed_trajectory_replays_as_failed_and_is_tried_again_with_a_key(
    lab: Lab, server: ModelServer
) -> None:
    """Offline its end is the recorded one; a later run records the rest of it, and pays for nothing twice."""
    server.script(answer("one"), status(400, "not today"), answer("two"))
    with pytest.raises(ChatFailedError, match="HTTP 400: not today"):
        lab.converse(requests(2))
    with pytest.raises(ChatFailedError, match="HTTP 400: not today"):
        lab.converse(requests(2), offline=True)
    with pytest.raises(GenerationStopError, match="turn 2 is not recorded"):
        lab.converse([request(1), request(9)], offline=True)
    assert texts(lab.converse(requests(2))) == ["one", "two"]
    assert len(server.requests) == 3
    assert "failed" not in lab.cassette()["metadata"]["refinery"]


STOPPING = {
    "wrong key": (status(401), r"refuses the key \(HTTP 401\): set OPENAI_API_KEY"),
    "forbidden": (
        status(403, "no such country"),
        r"does not let this key do that \(HTTP 403: no such country\)",
    ),
    "unknown model": (status(404), r"knows no model 'served-model'.*--refinery-model"),
    "no credit": (status(429, error={"code": "insufficient_quota"}), "no credit left"),
    "payment": (status(402), "no credit left"),
    "moved": (
        status(308, headers={"location": "http://elsewhere.invalid"}),
        "only redirects.*OPENAI_BASE_URL",
    ),
}


@pytest.mark.parametrize(("failure", "told"), STOPPING.values(), ids=STOPPING.keys())
def test_what_no_trajectory_survives_stops_the_run_at_once(
    lab: Lab, server: ModelServer, failure: Behaviour, told: str
) -> None:
    """One request, one line that says what to do."""
    server.script(failure)
    with pytest.raises(GenerationStopError, match=told) as stopped:
        lab.ask()
    assert "\n" not in str(stopped.value)
    assert len(server.requests) == 1
    assert not lab.path().exists()


def test_an_endpoint_where_nothing_listens_stops_the_run(lab: Lab) -> None:
    """A server that was not started must not cost every trajectory its program."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    lab.settings["OPENAI_BASE_URL"] = f"http://127.0.0.1:{port}/v1"
    with pytest.raises(
        GenerationStopError, match=rf"nothing answers at http://127\.0\.0\.1:{port}/v1 .*OPENAI_BASE_URL"
    ):
        lab.ask()


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_obeyed(lab: Lab, server: ModelServer, form: str) -> None:
    """Never earlier than the server asks for; the wait is on the clock."""
    date = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(seconds=3)
    header = "1" if form == "seconds" else email.utils.format_datetime(date, usegmt=True)
    server.script(status(429, headers={"retry-after": header}))
    told = lab.ask()
    first, second = server.requests
    if form == "seconds":
        assert second.at - first.at >= 0.9
    else:  # a busy machine may be late with the first request already
        assert dt.datetime.now(dt.UTC) >= date - dt.timedelta(seconds=0.1)
    assert told.latency_ms >= 1000 * (second.at - first.at) - 1


def test_retry_after_in_milliseconds_is_obeyed(lab: Lab, server: ModelServer) -> None:
    """As OpenAI's own endpoint says it, too; it is the finer of the two."""
    server.script(status(429, headers={"retry-after-ms": "300", "retry-after": "3600"}))
    assert lab.ask().latency_ms >= 300


@pytest.mark.parametrize("header", ["soon", "", "nan", "-5", "inf"])
def test_a_retry_after_that_says_nothing_counts_as_absent(lab: Lab, server: ModelServer, header: str) -> None:
    """The pauses are then our own."""
    server.script(status(503, headers={"retry-after": header}))
    assert lab.ask().latency_ms < 5_000


def test_an_answer_without_usage_counts_as_the_most_that_was_reserved(lab: Lab, server: ModelServer) -> None:
    """Nobody knows what it was, so it is never told too low."""
    server.script(answer(usage=None))
    live, replayed = lab.ask(), lab.ask(offline=True)
    assert isinstance(live, Reply)
    assert (live.prompt_tokens, live.completion_tokens) == (126, 200)
    assert dataclasses.replace(live, replayed=True) == replayed


@pytest.mark.parametrize(
    "usage", [b"7", b"[]", b'{"prompt_tokens": -1, "completion_tokens": 1}', b'{"prompt_tokens": true}']
)
def test_usage_that_makes_no_sense_counts_as_absent(lab: Lab, server: ModelServer, usage: bytes) -> None:
    """Whatever a server writes there, the answer is taken."""
    server.script(body(b'{"choices": [{"message": {"content": "hi"}}], "usage": ' + usage + b"}"))
    reply = lab.ask()
    assert isinstance(reply, Reply)
    assert (reply.text, reply.completion_tokens, reply.finish_reason) == ("hi", 200, None)


def test_the_deadline_cancels_the_request_in_flight(lab: Lab, server: ModelServer) -> None:
    """The server sees the connection go; the cut is recorded and replays in no time."""
    server.script(answer("one"), silence())
    started = time.monotonic()
    one, cut = lab.converse(requests(2), remaining_ms=400)
    assert time.monotonic() - started < 30
    assert isinstance(cut, Cut)
    assert one.latency_ms + cut.latency_ms == 400
    for _ in range(100):
        if not server.in_flight:
            break
        time.sleep(0.02)
    assert server.in_flight == 0
    assert lab.cassette()["interactions"][1]["response"]["refinery"]["cut"] is True
    assert lab.converse(requests(2), offline=True, remaining_ms=400)[1] == dataclasses.replace(
        cut, replayed=True
    )


def test_a_pause_beyond_the_deadline_cuts_at_once(lab: Lab, server: ModelServer) -> None:
    """Nothing is in flight, so nobody waits for the deadline."""
    server.script(status(429, headers={"retry-after": "600"}))
    started = time.monotonic()
    told = lab.ask(remaining_ms=120_000)
    assert isinstance(told, Cut)
    assert told.latency_ms == 120_000
    assert time.monotonic() - started < 60
    assert lab.ask(offline=True, remaining_ms=120_000) == dataclasses.replace(told, replayed=True)


def test_failed_attempts_run_the_clock_down(lab: Lab, server: ModelServer) -> None:
    """A deadline comes whatever the server does."""
    server.default = status(500, after=0.05)
    policy = dataclasses.replace(IMPATIENT, attempts=1000)
    told = lab.ask(remaining_ms=300, policy=policy)
    assert isinstance(told, Cut)
    attempts = lab.cassette()["interactions"][0]["response"]["refinery"]["attempts"]
    assert 2 <= len(attempts) <= 7
    assert sum(one["ms"] for one in attempts) <= 400


def test_two_hundred_requests_are_in_flight_at_once(lab: Lab, server: ModelServer) -> None:
    """No limit of the HTTP client comes between: nothing is answered before all are there, or a minute is over."""
    all_there = threading.Event()
    server.default = held(all_there, answer())

    def count(_request: Received) -> None:
        if server.in_flight == 200:
            all_there.set()

    server.choose = count
    patience = threading.Timer(60, all_there.set)
    patience.start()

    async def run() -> None:
        store = lab.store()
        chats = [store.chat(f"t{number}") for number in range(200)]
        await asyncio.gather(*(chat.ask(request(), remaining_ms=None) for chat in chats))
        await store.aclose()

    asyncio.run(run())
    patience.cancel()
    assert server.most_in_flight == 200


def test_the_key_is_read_from_the_environment_before_the_env_file(
    lab: Lab, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And organisation and project go along."""
    lab.settings |= {"OPENAI_ORG_ID": "org-a-b-c-d-e", "OPENAI_PROJECT_ID": "proj-a-b-c-d"}
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another-key")
    lab.ask()
    sent = server.requests[0].headers
    assert sent["authorization"] == "Bearer sk-another-key"
    assert (sent["openai-organization"], sent["openai-project"]) == ("org-a-b-c-d-e", "proj-a-b-c-d")
    assert KEY not in sent.values()
