"""What is sent can be changed, refusals of it stop the run with the line to write, and other servers are understood."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from lab import MODEL, Lab, requests, texts
from model_server import Behaviour, ModelServer, answer, body, completion, status

from refinery_plugin._generation.chat import ChatFailedError, GenerationStopError, Reply
from refinery_plugin._recording.refusal_text import read_refusal
from refinery_plugin._recording.retry import RetryPolicy
from refinery_plugin._study.pricing import Price
from refinery_plugin._study.request_settings import parse_request

SECRET = "gate-0123456789-secret"  # noqa: S105 - of this test alone
PRICE = Price(input=Decimal(1), output=Decimal(1), source="here")
ONCE = RetryPolicy(attempts=2, first_pause=0.01, longest_pause=0.02)


def test_fields_are_dropped_renamed_and_added(lab: Lab, server: ModelServer) -> None:
    """The body holds what the study says, its recording too, and a replay asks for the same."""
    table = parse_request(
        {
            "drop": ["seed"],
            "rename": {"max_tokens": "max_completion_tokens"},
            MODEL: {"extra": {"reasoning_effort": "low"}},
        }
    )
    server.script(answer("fine"))
    lab.ask(table=table)
    sent = server.requests[0].body
    assert list(sent) == ["model", "messages", "max_completion_tokens", "temperature", "reasoning_effort"]
    assert (sent["max_completion_tokens"], sent["reasoning_effort"]) == (200, "low")
    assert texts([lab.ask(table=table, offline=True)]) == ["fine"]
    with pytest.raises(GenerationStopError, match="another name"):
        lab.ask(offline=True)


def test_headers_come_from_the_environment_and_reach_no_file(lab: Lab, server: ModelServer) -> None:
    """The value is sent; a server that echoes it does not bring it into the recording."""
    lab.settings["GATE_KEY"] = SECRET
    del lab.settings["OPENAI_API_KEY"]
    table = parse_request(
        {"headers": {"api-key": "$GATE_KEY", "x-tenant": "a ${GATE_KEY}", "x-plain": "yes"}}
    )
    server.script(status(500, f"you sent {SECRET}"), answer(f"Your key is {SECRET}."))
    assert texts([lab.ask(table=table)]) == ["Your key is ***."]
    headers = {name.lower(): value for name, value in server.requests[0].headers.items()}
    assert (headers["api-key"], headers["x-tenant"], headers["x-plain"]) == (SECRET, f"a {SECRET}", "yes")
    assert "authorization" not in headers
    assert SECRET not in lab.path().read_text()


def test_a_variable_that_is_not_set_is_named(lab: Lab) -> None:
    """Nothing is called with half of a header."""
    with pytest.raises(GenerationStopError, match=r"request.headers want \$GATE_KEY, which is not set"):
        lab.ask(table=parse_request({"headers": {"api-key": "$GATE_KEY"}}))


REFUSALS = {
    "renamed": (
        status(400, "Unsupported parameter: 'max_tokens' ... Use 'max_completion_tokens' instead."),
        'request = { rename = { max_tokens = "max_completion_tokens" } }',
    ),
    "extra inputs": (
        body(json.dumps({"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs"}]}).encode(), code=422),
        'request = { drop = ["seed"] }',
    ),
    "param alone": (
        status(400, "Unsupported value", error={"param": "temperature", "code": "unsupported_value"}),
        'request = { drop = ["temperature"] }',
    ),
    "a list": (
        body(
            b'[{"error": {"code": 400, "message": "Unknown name \\"seed\\": Cannot find field."}}]', code=400
        ),
        'request = { drop = ["seed"] }',
    ),
    "under status 200": (
        body(b'{"error": {"code": 400, "message": "seed is not supported"}}'),
        'request = { drop = ["seed"] }',
    ),
    "system": (status(400, "System role not supported"), 'system = ""'),
    "no model": (status(400, "The model `x` does not exist"), "name a model that it serves"),
}


@pytest.mark.parametrize(("refusal", "line"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_of_what_is_sent_stops_the_run(
    lab: Lab, server: ModelServer, refusal: Behaviour, line: str
) -> None:
    """At the first request, with the server's words and the line to add to the study."""
    server.default = refusal
    with pytest.raises(GenerationStopError) as stopped:
        lab.ask()
    assert line in str(stopped.value)
    assert len(server.requests) == 1
    assert not lab.path().exists()


def test_a_field_of_the_studys_own_is_named_as_such(lab: Lab, server: ModelServer) -> None:
    """What the study added is to be taken out of it."""
    server.default = status(400, "Unknown parameter: 'top_k'.")
    with pytest.raises(GenerationStopError, match=r"take top_k out of request\.extra"):
        lab.ask(table=parse_request({"extra": {"top_k": 3}}))


@pytest.mark.parametrize(
    "refusal",
    [
        status(
            400,
            "This model's maximum context length is 4096 tokens, however you requested max_tokens = 5000.",
        ),
        status(
            400, "'max_tokens' is too large: prompt is too long", error={"code": "context_length_exceeded"}
        ),
        status(400, "The response was filtered", error={"code": "content_filter"}),
    ],
)
def test_what_only_this_conversation_meets_ends_only_this_trajectory(
    lab: Lab, server: ModelServer, refusal: Behaviour
) -> None:
    """A conversation too long or filtered says nothing of the others, though it may name a field."""
    server.script(answer("one"), refusal)
    with pytest.raises(ChatFailedError):
        lab.converse(requests(2))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (
            [
                {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                {"type": "text", "text": "yes"},
            ],
            "yes",
        ),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "ab"),
        ([{"type": "output_text", "text": "yes"}], "yes"),
        (["yes"], "yes"),
        ([], ""),
        (None, ""),
    ],
)
def test_content_in_chunks_is_their_text(lab: Lab, server: ModelServer, content: object, text: str) -> None:
    """Only the chunks of text are the answer; it is recorded as it came."""
    document = completion("x")
    document["choices"][0]["message"]["content"] = content
    server.script(body(json.dumps(document).encode()))
    assert texts([lab.ask()]) == [text]
    assert texts([lab.ask(offline=True)]) == [text]


def test_a_refusal_of_the_model_is_told(lab: Lab, server: ModelServer) -> None:
    """What it said instead of an answer is part of the reply, live and replayed."""
    document = completion("")
    document["choices"][0]["message"] |= {"content": None, "refusal": "I won't."}
    server.script(body(json.dumps(document).encode()))
    for reply in (lab.ask(), lab.ask(offline=True)):
        assert isinstance(reply, Reply)
        assert reply.refusal == "I won't."


def test_usage_of_a_failed_answer_is_counted(lab: Lab, server: ModelServer) -> None:
    """An attempt that the server counted costs what it says, not all that was reserved; also when replayed."""
    usage = {"prompt_tokens": 1000, "completion_tokens": 2000}
    failed = body(json.dumps({"error": {"code": 502, "message": "no"}, "usage": usage}).encode())
    server.script(failed, answer("fine"))
    live = lab.ask(price=PRICE, policy=ONCE)
    again = lab.ask(price=PRICE, offline=True)
    assert isinstance(live, Reply)
    assert isinstance(again, Reply)
    own = PRICE.cost(live.prompt_tokens, live.completion_tokens)
    assert live.cost_usd == again.cost_usd == own + PRICE.cost(1000, 2000)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ('{"error": {"message": "Please try again in 6m12s."}}', 372),
        ('{"error": {"message": "Rate limit reached. Please try again in 850ms."}}', 0.85),
        ('[{"error": {"details": [{"retryDelay": "34s"}]}}]', 34),
        ('{"error": {"details": [{"retryDelay": "34.5s"}], "message": "x"}}', 34.5),
        ('{"error": {"message": "Please retry in 43s."}}', 43),
        ('{"error": "Try again in 1 minute"}', 60),
        ('{"detail": "retry after 20 seconds"}', 20),
        ('{"error": {"message": "slow down", "metadata": {"retry_after_seconds": 7}}}', 7),
        ("Please wait for 1h 2m", 3720),
        ('{"error": {"message": "Limit 3 / min. Slow down."}}', None),
        ("", None),
    ],
)
def test_the_delay_that_a_body_names_is_read(text: str, seconds: float | None) -> None:
    """In whatever words; where none is named there is none."""
    assert read_refusal(text.encode()).delay == seconds


def test_the_delay_of_a_body_is_waited_for(lab: Lab, server: ModelServer) -> None:
    """An attempt comes no sooner than the server asked for."""
    server.script(status(429, "Please try again in 300ms."), answer("fine"))
    live = lab.ask()
    assert texts([live]) == ["fine"]
    assert live.latency_ms >= 300


def test_recording_afresh_keeps_what_it_replaces(lab: Lab, server: ModelServer) -> None:
    """Each replaced recording stands in the folder beside, byte for byte, under a number of its own."""
    kept = []
    for number in (1, 2, 3):
        server.script(answer(f"answer {number}"))
        lab.ask(afresh=True)
        kept.append(lab.path().read_bytes())
    folder = lab.directory / "replaced"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "1_3_inf_1.1.json": kept[0],
        "1_3_inf_1.2.json": kept[1],
    }
