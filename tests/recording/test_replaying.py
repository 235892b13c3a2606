"""What was recorded plays again: anywhere, offline, in order, and at once."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from lab import Lab, request, requests, texts
from model_server import ModelServer, answer, status
from vcr.cassette import Cassette
from vcr.serializers import jsonserializer

from refinery_plugin._generation.chat import ChatFailedError, Cut, Reply
from refinery_plugin._recording.cassette import CassetteError
from refinery_plugin._recording.cassette_folder import REPLACED
from refinery_plugin._recording.unrecorded import MissingRecordingError
from refinery_plugin._study.pricing import Price

if TYPE_CHECKING:
    from model_server import Behaviour

PRICE = Price(input=Decimal(1), output=Decimal(2), source="a test")


def test_a_recording_replays_the_same_answers_without_a_server(lab: Lab, server: ModelServer) -> None:
    """Texts, tokens, cost, finish reasons and latencies are those of the recording; nothing is called."""
    server.script(answer("one"), answer("two", finish_reason="length"), answer("", usage=(7, 0)))
    live = lab.converse(requests(3), price=PRICE)
    written = lab.path().read_bytes()
    replayed = lab.converse(requests(3), offline=True)
    assert [one.replayed for one in live + replayed] == [False] * 3 + [True] * 3
    assert [dataclasses.replace(one, replayed=True) for one in live] == replayed
    assert texts(replayed) == ["one", "two", ""]
    assert len(server.requests) == 3
    assert lab.path().read_bytes() == written


def test_the_request_carries_model_settings_and_key(lab: Lab, server: ModelServer) -> None:
    """What an OpenAI-compatible server gets, at the path below the base URL."""
    lab.ask()
    sent = server.requests[0]
    assert (sent.method, sent.target) == ("POST", "/v1/chat/completions")
    assert sent.headers["authorization"] == f"Bearer {lab.settings['OPENAI_API_KEY']}"
    assert sent.body == {
        "model": "served-model",
        "messages": [
            {"role": "system", "content": "You write code."},
            {"role": "user", "content": "Make it faster."},
        ],
        "temperature": 1.0,
        "max_tokens": 200,
        "seed": 1,
    }


@pytest.mark.parametrize("path", ["/v1", "/api/v3/", "", "/deployments/a"])
def test_a_recording_replays_whatever_the_endpoints_host_and_path_are(
    lab: Lab, server: ModelServer, path: str
) -> None:
    """Neither host, port nor the path of the endpoint is in the recording."""
    lab.settings["OPENAI_BASE_URL"] = f"http://127.0.0.1:{server.port}{path}"
    lab.ask()
    assert server.requests[0].target == f"{path.rstrip('/')}/chat/completions"
    assert str(server.port) not in lab.path().read_text()
    lab.settings["OPENAI_BASE_URL"] = "http://elsewhere.invalid:1/v2"
    assert lab.ask().replayed


def test_vcrpy_itself_reads_the_cassettes(lab: Lab) -> None:
    """The format is vcrpy's, with its JSON serializer."""
    lab.converse(requests(2))
    cassette = Cassette.load(path=str(lab.path()), serializer=jsonserializer)
    assert [json.loads(one.body)["seed"] for one in cassette.requests] == [1, 2]
    assert {one.uri for one in cassette.requests} == {"http://recorded.invalid/v1/chat/completions"}
    assert all(one["status"]["code"] == 200 for one in cassette.responses)


def test_the_recording_says_what_made_it(lab: Lab) -> None:
    """Versions, time, the price then, and that it is complete."""
    lab.ask(price=PRICE)
    notes = lab.cassette()["metadata"]["refinery"]
    assert notes["finished"] is True
    assert set(notes["versions"]) == {"python", "pytest-refinery", "openai", "vcrpy"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", notes["recorded_at"])
    assert notes["price"] == {"input": "1", "output": "2", "source": "a test"}


def test_costs_stay_those_of_the_recording_when_prices_change(lab: Lab) -> None:
    """A new list of prices must not change what a replay writes."""
    live = lab.ask(price=PRICE)
    dearer = dataclasses.replace(PRICE, input=Decimal(100))
    store = lab.store(offline=True, price=dearer)
    assert live.cost_usd == lab.ask(store=store).cost_usd == Decimal("0.0002")
    assert store.price("1_3_inf_1", "served-model") == PRICE
    assert lab.ask(name="2_3_inf_1", price=dearer).cost_usd == Decimal("0.0101")


def test_a_model_without_a_price_costs_nothing_known_also_later(lab: Lab) -> None:
    """``None`` is not zero, and stays what it was."""
    assert lab.ask().cost_usd is None
    assert lab.ask(offline=True, price=PRICE).cost_usd is None


def test_a_differing_request_shows_what_differs_and_how_to_record_again(
    lab: Lab, server: ModelServer
) -> None:
    """Only the differing parts, each with what was recorded; nothing is called, nothing overwritten."""
    lab.converse([request(1, text="Task:\nadd\nnumbers")])
    written = lab.path().read_bytes()
    other = dataclasses.replace(request(1, text="Task:\nmultiply\nnumbers"), temperature=0.5, model="other")
    for offline in (False, True):
        with pytest.raises(CassetteError) as told:
            lab.converse([other], offline=offline)
        message = str(told.value)
        assert f"{lab.path()}: the request of turn 1 differs from the recorded one" in message
        assert 'model: recorded "served-model", now "other"' in message
        assert "temperature: recorded 1.0, now 0.5" in message
        assert re.search(r"messages\[1\]\.content:\n.*\n.*\n.*\n\s+-add\n\s+\+multiply\n", message)
        assert "max_tokens" not in message
        assert "--refinery-record=all" in message
    assert len(server.requests) == 1
    assert lab.path().read_bytes() == written


def test_a_difference_in_a_later_turn_names_the_turn(lab: Lab) -> None:
    """The turns before it have played."""
    lab.converse(requests(3))
    with pytest.raises(CassetteError, match=r"request of turn 2 differs(.|\n)*seed: recorded 2, now 7"):
        lab.converse([request(1), request(7)], offline=True)


def test_a_long_difference_is_clipped(lab: Lab) -> None:
    """An error is read by a person."""
    lab.converse([request(text="\n".join(f"line {n}" for n in range(1000)))])
    with pytest.raises(CassetteError, match=r"and 19\d\d more lines") as told:
        lab.converse([request(text="\n".join(f"row {n} {'x' * 500}" for n in range(1000)))])
    assert len(str(told.value).splitlines()) < 40
    assert max(map(len, str(told.value).splitlines())) < 400


def test_a_reformatted_cassette_still_matches(lab: Lab) -> None:
    """Bodies are compared as JSON, not as text."""
    lab.ask()
    document = lab.cassette()
    exchange = document["interactions"][0]["request"]
    exchange["body"] = json.dumps(json.loads(exchange["body"]), indent=1, sort_keys=True)
    lab.edit(document)
    assert lab.ask(offline=True).replayed


def test_a_request_beyond_a_finished_recording_is_an_error(lab: Lab, server: ModelServer) -> None:
    """A finished trajectory is never made longer, with a key or without."""
    lab.converse(requests(2))
    for offline in (False, True):
        with pytest.raises(CassetteError, match="ends after 2 turns, but another request follows"):
            lab.converse(requests(3), offline=offline)
    assert len(server.requests) == 2


def test_a_missing_cassette_names_file_and_remedy(lab: Lab) -> None:
    """The store is told what to say about why nothing is called."""
    with pytest.raises(
        MissingRecordingError, match=r"1_3_inf_1\.json: turn 1 is not recorded\. Nothing is called"
    ):
        lab.ask(offline=True)
    assert not lab.directory.exists()


def test_the_unfinished_tail_is_recorded_and_paid_alone(lab: Lab, server: ModelServer) -> None:
    """A run that stopped after two turns goes on with the third."""
    server.script(answer("one"), answer("two"), answer("three"))
    lab.converse(requests(2), finish=False)
    with pytest.raises(MissingRecordingError, match="turn 3 is not recorded"):
        lab.converse(requests(3), offline=True)
    assert texts(lab.converse(requests(3))) == ["one", "two", "three"]
    assert [one.body["seed"] for one in server.requests] == [1, 2, 3]
    assert texts(lab.converse(requests(3), offline=True)) == ["one", "two", "three"]


def test_recording_afresh_replaces_the_file_with_the_first_new_response(
    lab: Lab, server: ModelServer
) -> None:
    """Until there is a new response the old recording is safe."""
    server.script(answer("old"), answer("old"), answer("new"))
    lab.converse(requests(2))
    written = lab.path().read_bytes()

    async def open_only() -> None:
        store = lab.store(afresh=True)
        store.chat("1_3_inf_1")
        await store.aclose()

    asyncio.run(open_only())
    assert lab.path().read_bytes() == written
    assert texts(lab.converse(requests(1), afresh=True)) == ["new"]
    assert len(lab.cassette()["interactions"]) == 1


@pytest.mark.parametrize("failure", [status(400, "not today"), status(500)], ids=["400", "500"])
def test_a_server_that_fails_replaces_no_recording(lab: Lab, server: ModelServer, failure: Behaviour) -> None:
    """Afresh or not, what was paid for stays and replays; without an old recording the failure itself is recorded."""
    lab.converse(requests(2))
    written = lab.path().read_bytes()
    server.default = failure
    for name in ("1_3_inf_1", "2_3_inf_1"):
        with pytest.raises(ChatFailedError, match="HTTP"):
            lab.converse(requests(2), name=name, afresh=True)
    assert lab.path().read_bytes() == written
    assert not (lab.directory / REPLACED).exists()
    assert len(lab.converse(requests(2), offline=True)) == 2
    with pytest.raises(ChatFailedError, match="HTTP"):
        lab.converse(requests(2), name="2_3_inf_1", offline=True)


def test_a_failure_after_a_new_answer_ends_the_new_recording(lab: Lab, server: ModelServer) -> None:
    """The old one is aside by then."""
    lab.converse(requests(2))
    written = lab.path().read_bytes()
    server.script(answer("new"), status(400, "not today"))
    for offline in (False, True):
        with pytest.raises(ChatFailedError, match="HTTP 400: not today"):
            lab.converse(requests(2), afresh=not offline, offline=offline)
    assert len(lab.cassette()["interactions"]) == 1
    assert (lab.directory / REPLACED / "1_3_inf_1.1.json").read_bytes() == written


def test_every_turn_is_on_disk_before_the_next_request(lab: Lab, server: ModelServer) -> None:
    """The server looks at the file when a request comes."""
    seen: list[int] = []

    def look(_request: object) -> None:
        seen.append(len(lab.cassette()["interactions"]) if lab.path().exists() else 0)

    server.choose = look
    lab.converse(requests(3))
    assert seen == [0, 1, 2]


@pytest.mark.parametrize("text", ["", None, "x" * 2_000_000, "\U0001f600 \ud83d \x00 \u2028", "a\r\nb"])
def test_any_text_survives_recording(lab: Lab, server: ModelServer, text: str | None) -> None:
    """Empty, null, 2 MB, and characters that files like to break."""
    server.script(answer(text))
    assert texts([lab.ask(), lab.ask(offline=True)]) == [text or ""] * 2


def test_the_clock_of_a_replay_is_the_recorded_one(lab: Lab) -> None:
    """An edited latency is what the reply tells; none of its eleven days passes."""
    lab.converse(requests(2))
    document = lab.cassette()
    document["interactions"][0]["response"]["refinery"]["latency_ms"] = 10**9
    lab.edit(document)
    first, second = lab.converse(requests(2), offline=True, remaining_ms=10**9 + 120_000)
    assert isinstance(first, Reply)
    assert first.latency_ms == 10**9
    assert isinstance(second, Reply)


def test_an_edited_latency_moves_the_cut(lab: Lab) -> None:
    """Exactly at the deadline is in time, a millisecond later is not."""
    lab.converse(requests(2), price=PRICE)
    document = lab.cassette()
    for latency, kind in ((1000, Reply), (1001, Cut)):
        document["interactions"][0]["response"]["refinery"]["latency_ms"] = latency
        lab.edit(document)
        [told] = lab.converse(requests(1), offline=True, remaining_ms=1000)
        assert isinstance(told, kind)
        assert told.latency_ms == 1000


def test_equal_requests_of_one_trajectory_replay_in_their_order(lab: Lab, server: ModelServer) -> None:
    """Each request is compared with the next recorded one alone, so sixty equal ones play in order, too."""
    server.script(*(answer(f"answer {number}") for number in range(60)))
    lab.converse(requests(1) * 60)
    replayed = lab.converse(requests(1) * 60, offline=True)
    assert texts(replayed) == [f"answer {number}" for number in range(60)]
