"""Requests and prompts of a study's own: read strictly, sent as written, shown before anything is paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_study_file import HEAD, TASK, load

from refinery_plugin._generation.preview import preview
from refinery_plugin._generation.prompts import Brief, Turn, turn_request
from refinery_plugin._generation.request_body import bounds_answers, most_completion_tokens, request_body
from refinery_plugin._study.levels import LevelError
from refinery_plugin._study.request_settings import NO_RULES, known_rules, parse_request
from refinery_plugin._study.study import Study, StudyError
from refinery_plugin._study.wording import PLACES, parse_wording

if TYPE_CHECKING:
    from pathlib import Path

FIRST = Turn(lead=1, author=None, program=None, remaining_seconds=None)
SECOND = Turn(lead=1, author=2, program="x = '{signature}'\n", remaining_seconds=7)

HEAT = "[factors.heat.cold]\ntemperature = 0.2\n[factors.heat.hot]\ntemperature = 1.0\n"


def brief(study: Study, index: int = 0) -> Brief:
    return Brief(task=TASK, settings=study.treatments[index].settings, packages=study.packages)


def contents(study: Study, turn: Turn, index: int = 0) -> list[str]:
    request = turn_request(brief(study, index), turn, (), seed=1)
    return [f"{message.role}: {message.content}" for message in request.messages]


def test_own_texts_replace_ours(tmp_path: Path) -> None:
    """Places are filled, literal braces stay, and what is filled in is not looked at for places again."""
    study = load(
        tmp_path,
        HEAD + 'agents = 2\nstyle = "plainly"\n[prompts]\nsystem = "Agent {agent} of {agents}."\n'
        'task = "{prompt} {{x}} {signature} {entry_point} {packages}"\n'
        'refine = "By {author}, {seconds} s left:\\n{program}"\n',
    )
    task = "Double a number, plainly. {x} def double(x: int) -> int: double the standard library and numpy"
    assert contents(study, FIRST) == ["system: Agent 1 of 2.", f"user: {task}"]
    assert contents(study, SECOND)[1] == f"user: {task}\n\nBy 2, 7 s left:\nx = '{{signature}}'"


def test_an_empty_system_text_sends_no_system_message(tmp_path: Path) -> None:
    """Models that take no such message can be used."""
    study = load(tmp_path, HEAD + '[prompts]\nsystem = ""\n')
    assert [line.partition(":")[0] for line in contents(study, FIRST)] == ["user"]


def test_the_wording_may_be_a_factor(tmp_path: Path) -> None:
    """Levels are tables with a name, which is what the treatment shows."""
    study = load(
        tmp_path,
        HEAD + '[factors]\nprompts = [{ name = "ours" }, { name = "short", task = "{prompt}" }]\n',
    )
    assert [treatment.id for treatment in study.treatments] == ["prompts=ours", "prompts=short"]
    assert [dict(treatment.levels) for treatment in study.treatments] == [
        {"prompts": "ours"},
        {"prompts": "short"},
    ]
    assert contents(study, FIRST, 1)[1] == "user: Double a number, plainly."
    assert contents(study, FIRST, 0) == contents(load(tmp_path, HEAD), FIRST)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            '[prompts]\ntask = "{promt}"\n',
            r"no place \{promt\} \(did you mean 'prompt'\?\); known are \{prompt\}",
        ),
        ('[prompts]\ntask = "{prompt} {"\n', "write literal braces twice"),
        ('[prompts]\ntask = "{prompt!r}"\n', "no place"),
        ('[prompts]\ntask = "{prompt.__class__}"\n', "no place"),
        ('[prompts]\ntask = "Do it."\n', r"no place \{prompt\}"),
        ('[prompts]\nrefine = "Better."\n', r"no place \{program\}"),
        ('[prompts]\ntsk = "{prompt}"\n', "did you mean 'task'"),
        ("[prompts]\ntask = 3\n", "use a text"),
        ('request = { drp = ["seed"] }\n', "did you mean 'drop'"),
        ('request = { drop = ["sed"] }\n', "'sed' is not sent"),
        ('request = { drop = ["messages"] }\n', "'messages' is not sent"),
        ("request = { extra = { messages = 1 } }\n", "'messages' cannot be set"),
        ('request = { rename = { seed = "" } }\n', "must be a text"),
        ('request = { headers = { api-key = "sk-123456" } }\n', 'api-key = "\\$API_KEY"'),
        ("request = { extra = { at = 2026-01-01 } }\n", "cannot be sent as JSON"),
        ("request = 3\n", "must be a table"),
        ('request = { drop = ["temperature"] }\n[factors]\ntemperature = [0, 1]\n', "varied, but never sent"),
        ('model = "gpt-5"\n[factors]\ntemperature = [0, 1]\n', "varied, but never sent to gpt-5"),
        (
            "request = { extra = { temperature = 0.5 } }\n[factors]\ntemperature = [0, 1]\n",
            "factors.temperature: it is varied, but never sent to gpt-4o, since request.extra has its place",
        ),
        (
            'request = { rename = { max_tokens = "room" }, extra = { room = 9 } }\n[factors]\nmax_tokens = [1, 2]\n',
            "factors.max_tokens: it is varied, but never sent",
        ),
        (
            f'model = "gpt-5-mini"\n{HEAT}',
            r"factors.heat: 'cold' and 'hot' differ only in temperature, .* sent to no agent \(gpt-5-mini\)",
        ),
        (f"request = {{ extra = {{ temperature = 0.5 }} }}\n{HEAT}", "'cold' and 'hot' differ only in temp"),
        (
            f"agents = [{{ temperature = 0 }}, {{ temperature = 1 }}]\n{HEAT}",
            "'cold' and 'hot' differ only in temp",
        ),
        (
            (
                "[factors.team.one]\nagents = [{ model = 'o3' }, { temperature = 0, model = 'o3' }]\n"
                "[factors.team.two]\nagents = [{ model = 'o3' }, { model = 'o3' }]\n"
            ),
            "factors.team: 'one' and 'two' differ only in temperature",
        ),
    ],
)
def test_odd_values_are_refused_in_words(tmp_path: Path, text: str, told: str) -> None:
    """Every mistake names what was seen and what is allowed; a key's value is not shown."""
    with pytest.raises(StudyError, match=told) as refused:
        load(tmp_path, HEAD + text)
    assert "sk-123456" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        HEAT,
        f"agents = [{{ model = 'gpt-5' }}, {{ model = 'gpt-4o' }}]\n{HEAT}",
        f"model = 'gpt-5'\n{HEAT}max_tokens = 7\n",
        "model = 'gpt-5'\n[factors.heat.one]\ntemperature = 1\n[factors.heat.another]\ntemperature = 1\n",
    ],
)
def test_levels_that_differ_in_what_is_sent_or_in_nothing_are_taken(tmp_path: Path, text: str) -> None:
    """One agent that is sent it is enough, and who names the same twice asks how much chance there is."""
    assert len(load(tmp_path, HEAD + text).treatments) == 2


@pytest.mark.parametrize(
    ("model", "known"),
    [
        ("gpt-5", True),
        ("gpt-5-mini-2025-08-07", True),
        ("gpt-5.1", True),
        ("o1", True),
        ("o3-mini", True),
        ("openai/o4-mini", True),
        ("gpt-5-chat-latest", False),
        ("gpt-4o", False),
        ("o1x", False),
        ("olmo-2", False),
        ("phi-o3", False),
        ("qwen3", False),
    ],
)
def test_reasoning_models_are_known_by_name(model: str, known: bool) -> None:  # noqa: FBT001
    """OpenAI's reasoning models get no temperature and their own name of the limit; no other model is touched."""
    assert (known_rules(model) != NO_RULES) is known


def test_rules_of_a_model_stand_over_those_of_the_study_and_of_its_name() -> None:
    """What is said nearer counts, and a field that is given is not left out."""
    table = parse_request({"drop": ["seed"], "o3": {"extra": {"temperature": 1, "seed": 3}}})
    rules = table.of("o3")
    assert (rules.drop, dict(rules.rename), dict(rules.extra)) == (
        (),
        {"max_tokens": "max_completion_tokens"},
        {"temperature": 1, "seed": 3},
    )
    assert table.of("m").drop == ("seed",)


def test_the_body_without_rules_is_as_it_always_was(tmp_path: Path) -> None:
    """Recorded requests match to the byte, so neither keys nor their order may change."""
    request = turn_request(brief(load(tmp_path, HEAD)), FIRST, (), seed=9)
    body = request_body(request, NO_RULES)
    assert list(body) == ["model", "messages", "max_tokens", "seed", "temperature"]
    assert most_completion_tokens(body, NO_RULES) == request.max_tokens


@pytest.mark.parametrize(
    ("rules", "most"),
    [
        ({"rename": {"max_tokens": "max_completion_tokens"}}, 2048),
        ({"rename": {"max_tokens": "length"}, "extra": {"length": 9000}}, 9000),
        ({"extra": {"max_completion_tokens": 9000}}, 9000),
        ({"drop": ["max_tokens"], "extra": {"max_completion_tokens": 77}}, 77),
        ({"drop": ["max_tokens"]}, None),
        ({"drop": ["max_tokens"], "extra": {"max_completion_tokens": "77"}}, None),
    ],
)
def test_what_bounds_an_answer_is_read_from_what_is_sent(
    rules: dict[str, object], most: int | None, tmp_path: Path
) -> None:
    """The largest limit that is sent under any name counts; where none is sent there is no bound, and it is known."""
    request = turn_request(brief(load(tmp_path, HEAD)), FIRST, (), seed=9)
    found = parse_request(rules).of(request.model)
    assert most_completion_tokens(request_body(request, found), found) == most
    assert bounds_answers(found) == (most is not None)


def test_the_preview_is_what_the_engine_sends(tmp_path: Path) -> None:
    """Follow-ups hold a placeholder for the program, and the budget ends the preview, too."""
    study = load(tmp_path, HEAD + 'agents = 2\noptimization = "2 iterations"\n')
    requests = preview(brief(study), seed=lambda turn: turn, turns=5)
    assert len(requests) == 2
    assert "the program of the turn before" in requests[1].messages[-1].content
    assert requests[0].messages[-1].content == contents(study, FIRST)[1].removeprefix("user: ")


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    """No text makes the reader fail otherwise; what is accepted can be filled."""
    try:
        wording = parse_wording({"task": text})
    except LevelError:
        return
    assert wording.task is not None
    wording.task.format(**dict.fromkeys(PLACES, ""))
