"""Studies are read strictly: every mistake names the key, the value, what is allowed, and the nearest spelling."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refinery_plugin._study.agents import Agent
from refinery_plugin._study.levels import COLUMNS, slug
from refinery_plugin._study.study import Study, StudyError
from refinery_plugin._study.study_file import nearest_study
from refinery_plugin._study.task import Task
from refinery_plugin._study.toml import files_of_tasks, load_study, pilot_study
from refinery_plugin._study.units import study_units

if TYPE_CHECKING:
    from pathlib import Path

TASK = Task(
    name="double",
    prompt="Double a number, {style}.",
    signature="def double(x: int) -> int",
    result_type=int,
    reference="def double(x):\n    return 2 * x\n",
    sample=lambda seed: (seed,),
    strategy=lambda: st.tuples(st.integers()),
    settings={"style": "plainly", "weight": 1.0},
)
TASKS = {"double": TASK}
HEAD = 'name = "mine"\ntask = "double"\n'


def load(tmp_path: Path, text: str, *, model: str | None = None) -> Study:
    path = tmp_path / "study.toml"
    path.write_text(text)
    return load_study(path, TASKS, model=model)


def test_the_full_crossing_follows_from_the_factors_in_their_order(tmp_path: Path) -> None:
    """Treatments are all combinations of the levels, the last factor fastest, times the replicates."""
    study = load(
        tmp_path,
        HEAD + 'replicates = 3\n[factors]\nagents = [1, 2]\noptimization = ["3 iterations", "1 min"]',
    )
    assert [t.id for t in study.treatments] == [
        "agents=1-optimization=3iterations",
        "agents=1-optimization=60s",
        "agents=2-optimization=3iterations",
        "agents=2-optimization=60s",
    ]
    assert study.programs == 12
    assert dict(study.treatments[1].levels) == {"agents": 1, "optimization": "60 s"}


def test_any_setting_can_be_a_factor_the_tasks_own_too(tmp_path: Path) -> None:
    """Model, sampling, memory, instructions and the task's own settings may all be varied."""
    study = load(
        tmp_path,
        HEAD + '[factors]\nmodel = ["a", "b"]\ntemperature = [0, 0.7]\nmemory = ["program", "transcript"]\n'
        'instructions = ["", "Use NumPy."]\nstyle = ["plainly", "oddly"]\nmax_tokens = [100, 200]\n',
    )
    assert len(study.treatments) == 64
    last = study.treatments[-1].settings
    assert (last.model, last.temperature, last.memory, last.extra["style"], last.max_tokens) == (
        "b",
        0.7,
        "transcript",
        "oddly",
        200,
    )


def test_without_factors_there_is_one_treatment(tmp_path: Path) -> None:
    """A study that varies nothing has a single treatment with the settings it gives."""
    study = load(tmp_path, HEAD + "agents = 2")
    assert len(study.treatments) == 1
    assert study.treatments[0].settings.agents == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("replicate = 2", r"replicate: there is no such key \(did you mean 'replicates'\?\)"),
        ("replicates = 0", "replicates: 0 is not allowed; use a whole number of at least 1"),
        ("replicates = true", "replicates: True is not allowed"),
        ('replicates = "2"', "replicates: '2' is not allowed"),
        ("seed = -1", "seed: -1"),
        ("temperature = 3", "temperature: 3 is not allowed; use a number from 0 to 2"),
        ("temperature = nan", "temperature: nan is not allowed"),
        ("max_tokens = 1.5", "max_tokens: 1.5"),
        ('memory = "all"', 'memory: .all. is not allowed; use "program", "own" or "transcript"'),
        ('feedback = "times"', r"feedback: 'times' is not allowed \(did you mean 'time'\?\)"),
        ('selection = "first"', 'selection: .first. is not allowed; use "last" or "best"'),
        ('protocol = "review "', r"protocol: 'review ' is not allowed \(did you mean 'review'\?\)"),
        ("agents = [1]", r"agents: agents\[0\]: 1 is no agent; use a table with model, temperature"),
        ("agents = []", "agents: a list of agents has 1 to 100 tables, got 0"),
        ("agents = [{ modell = 'a' }]", r"agents\[0\].modell: there is no such key \(did you mean 'model'"),
        ("agents = [{}, { temperature = 3 }]", r"agents\[1\].temperature: 3 is not allowed"),
        (
            "[factors]\nagents = [1, [{}]]",
            r"agents\[1\]: a list of agents is a level with a name.*factors.team",
        ),
        ("[factors.team.solo]\nagents = 0", "factors.team.solo.agents: 0 is not allowed"),
        ("[factors.team.solo]\nagent = 1", r"factors.team.solo.agent: there is no such setting \(did you"),
        ("[factors.team]\nsolo = 1", "factors.team.solo: must be a table of settings, got 1"),
        ("[factors.team]", r"factors.team: has no levels; write one as \[factors.team.NAME\]"),
        ("[factors.agents.solo]\nagents = 1", r"factors.agents: is a setting.*\[factors.team.NAME\]"),
        ("[factors.seed.a]\nagents = 1", "factors.seed: is a key of the study"),
        ("replicates = 1000001", "factors: 1,000,001 programs are more than 1,000,000"),
        ("[factors.turns.a]\nagents = 1", "factors.turns: cannot be a factor: the analysis has a column"),
        ("[factors.'a b'.a]\nagents = 1", "factors.a b: 'a b' is not allowed as the name of a factor"),
        (
            "[factors]\nagents = [1, 2]\nteam = { solo = { agents = 1 } }",
            "factors.team.solo.agents: another factor sets it, too",
        ),
        (
            "[factors.team.solo]\nagents = 1\n[factors.who.one]\nagents = 2",
            "factors.who.one.agents: another factor sets it, too",
        ),
        ("[factors.team.'a b']\nagents = 1\n[factors.team.ab]\nagents = 2", "would share file names"),
        ('memory = "transcrpt"', r"not allowed \(did you mean 'transcript'\?\)"),
        ("agents = 99999999999999999999", "at most 999,999,999"),
        ('packages = "numpy"', "packages: must be a list"),
        ('packages = ["numpy.linalg"]', "packages: must be a list of top-level"),
        ("price = 3", "price: must be like"),
        ("price = { input = 1 }", "price: must have input and output"),
        ("price = { input = 1, output = -2 }", "price.output: -2"),
        ("price = { input = 1, output = inf }", "price.output: inf"),
        ("[limits]\nmemory = 3", r"limits.memory: there is no such limit \(did you mean 'memory_mb'"),
        ("[limits]\nmemory_mb = 0", "limits.memory_mb: 0"),
        ("factors = 3", "factors: must be a table"),
        ("[factors]\nagent = [1]", r"factors.agent: there is no such setting \(did you mean 'agents'"),
        ("[factors]\nagents = 3", "factors.agents: must be a list"),
        ("[factors]\nagents = []", "factors.agents: must be a list of at least one"),
        ("[factors]\nagents = [1, 2, 1]", r"factors.agents\[2\]: 1 is the same level as 1"),
        ("[factors]\nlist = [1]", "factors.list: there is no such setting"),
        (
            '[factors]\noptimization = ["60 s", "1 min"]',
            r"factors.optimization\[1\]: '1 min' is the same level as '60 s'",
        ),
        ('[factors]\noptimization = ["3 Iterations"]', "did you mean '3 iterations'"),
        ("[factors]\nreplicates = [1, 2]", "cannot be varied"),
        ("agents = 2\n[factors]\nagents = [1, 2]", "agents: is both set"),
        ('[factors]\nmodel = ["a/b", "a b/", "a_b"]', "would share file names"),
        ("[factors]\nstyle = [1]", "use a str like the default 'plainly'"),
        ('price = "cheap"', "price: must be like"),
        ("limits = 3", "limits: must be a table, got 3"),
        ("request = 3", "request: must be a table, got 3"),
        ("request = { drops = ['seed'] }", r"drops: there is no such key \(did you mean 'drop'\?\)"),
        ("request = { drop = 'seed' }", "drop: must be a list of names such as .*, got .seed."),
        ("request = { extra = { top_p = nan } }", "top_p: nan cannot be sent as JSON"),
        ("request = { headers = { 'a b' = 'x' } }", "is no header; names are like api-key"),
        ("prompts = 3", "use a table with system, task, refine"),
        ("prompts = { tasks = 'x' }", r"there is no text 'tasks' \(did you mean 'task'\?\)"),
        ("prompts = { task = ' ' }", "task: ' ' is not allowed; use a text"),
        ("model = ' '", "model: ' ' is not allowed; use a text that is not empty"),
        ("[factors]\nagents = [1, 2, 3]\nmax_tokens = " + str(list(range(1, 10))), None),
    ],
)
def test_a_mistake_is_told_with_file_key_and_remedy(tmp_path: Path, text: str, said: str | None) -> None:
    """A wrong value is refused with the file, the key, the value and what is allowed."""
    if said is None:
        assert load(tmp_path, HEAD + text).programs == 27
        return
    with pytest.raises(StudyError, match=said) as caught:
        load(tmp_path, HEAD + text)
    assert str(tmp_path / "study.toml") in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "a/b"\ntask = "double"', "name: 'a/b' is not allowed"),
        ('task = "double"', 'name: is missing; a study has a name.*name = "my-study"'),
        (
            'name = "x"\ntask = "dubble"',
            r"there is no task 'dubble' \(did you mean 'double'\?\).*pytest_refinery_tasks",
        ),
        ('name = "x"\ntask = 3', "task: 3 is not allowed"),
        ("name = \nseed = 1", "not valid TOML.*line 1"),
    ],
)
def test_a_broken_head_is_told(tmp_path: Path, text: str, said: str) -> None:
    """A missing or wrong name or task, and broken TOML, are each refused with the cause."""
    with pytest.raises(StudyError, match=said):
        load(tmp_path, text)


def test_files_that_are_no_study_are_told(tmp_path: Path) -> None:
    """A missing file, a directory and bytes that are not UTF-8 are refused in words."""
    with pytest.raises(StudyError, match="no such study file"):
        load_study(tmp_path / "none.toml", TASKS)
    with pytest.raises(StudyError, match="directory"):
        load_study(tmp_path, TASKS)
    (tmp_path / "latin.toml").write_bytes(b'name = "\xe9"')
    with pytest.raises(StudyError, match="byte 8 is not UTF-8"):
        load_study(tmp_path / "latin.toml", TASKS)
    with pytest.raises(StudyError, match="cannot be read: File name too long"):
        load_study(tmp_path / f"{'long' * 100}.toml", TASKS)


def test_pyproject_holds_a_study_under_its_table(tmp_path: Path) -> None:
    """``[tool.refinery]`` is read as a study, and its mistakes are told like those of a file."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.refinery]\nname = "mine"\ntask = "double"\nreplicates = 4'
    )
    assert load_study(tmp_path / "pyproject.toml", TASKS).replicates == 4
    (tmp_path / "pyproject.toml").write_text("[tool.refinery]\nmodell = 3\nname = 'x'\ntask = 'double'")
    with pytest.raises(StudyError, match="did you mean 'model'"):
        load_study(tmp_path / "pyproject.toml", TASKS)
    (tmp_path / "pyproject.toml").write_text("[tool]\nrefinery = 3")
    with pytest.raises(StudyError, match=r"tool\.refinery must be a table, got 3"):
        load_study(tmp_path / "pyproject.toml", TASKS)
    (tmp_path / "pyproject.toml").write_text("[tool.other]\nname = 'mine'")
    with pytest.raises(StudyError, match=r"there is no table \[tool\.refinery\] in it"):
        load_study(tmp_path / "pyproject.toml", TASKS)


def test_the_pilot_comes_with_the_plugin() -> None:
    """The study of 2025, for who asks for it by name."""
    study = pilot_study({"digit-sum-difference": TASK})
    assert (study.name, study.programs, study.treatments[0].settings.model) == ("pilot", 24, "gpt-4o")


def test_the_nearest_project_with_a_study_counts(tmp_path: Path) -> None:
    """Files without the table are passed over; nothing above the top is looked at."""
    inner, deep = tmp_path / "repo" / "bench", tmp_path / "repo" / "bench" / "tests"
    deep.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[tool.refinery]\nname = 'above'\n")
    (tmp_path / "repo" / "pyproject.toml").write_text("[tool.refinery]\nname = 'repo'\n")
    (deep / "pyproject.toml").write_text("[project]\ndependencies = ['pytest-refinery']\n")
    assert nearest_study(deep, tmp_path / "repo") == tmp_path / "repo" / "pyproject.toml"
    (inner / "pyproject.toml").write_text("tool.refinery.name = 'bench'\n")
    assert nearest_study(deep, tmp_path / "repo") == inner / "pyproject.toml"
    assert nearest_study(deep, deep) is None


@pytest.mark.parametrize("name", ["study.toml", "pyproject.toml"])
def test_brackets_without_end_are_told(tmp_path: Path, name: str) -> None:
    """Not a traceback of the parser's recursion."""
    path = tmp_path / name
    path.write_text("[tool.refinery]\nname = " + "[" * 200_000)
    assert nearest_study(tmp_path, tmp_path) == (path if name == "pyproject.toml" else None)
    with pytest.raises(StudyError, match=f"{name}: not (a study|valid TOML)"):
        load_study(path, TASKS)


def test_another_model_replaces_the_studys(tmp_path: Path) -> None:
    """``--refinery-model`` replaces the model of a study, but not one that is a factor."""
    assert load(tmp_path, HEAD + 'model = "a"', model="b").treatments[0].settings.model == "b"
    with pytest.raises(StudyError, match="--refinery-model cannot replace"):
        load(tmp_path, HEAD + '[factors]\nmodel = ["a", "c"]', model="b")


def test_a_named_level_sets_several_settings_and_is_known_by_its_name(tmp_path: Path) -> None:
    """What a level does not say is as in the whole study; its treatment holds its name alone."""
    study = load(
        tmp_path,
        HEAD + 'model = "b"\nmemory = "transcript"\n'
        '[factors]\nfeedback = ["none", "time"]\n'
        "[factors.team.solo]\nagents = 1\n"
        '[factors.team.mixed]\nmemory = "own"\n'
        'agents = [{ model = "a", instructions = "Think." }, { temperature = 0.2, max_tokens = 7 }]\n',
    )
    assert [dict(treatment.levels) for treatment in study.treatments] == [
        {"feedback": feedback, "team": team} for feedback in ("none", "time") for team in ("solo", "mixed")
    ]
    assert study.treatments[3].id == "feedback=time-team=mixed"
    solo, mixed = (study.treatments[index].settings for index in (0, 3))
    assert (solo.agents, solo.memory, solo.models, solo.feedback) == (1, "transcript", ("b",), "none")
    assert (mixed.agents, mixed.memory, mixed.models, mixed.feedback) == (2, "own", ("a", "b"), "time")
    assert mixed.team == (
        Agent(model="a", temperature=1.0, max_tokens=2048, instructions="Think."),
        Agent(model="b", temperature=0.2, max_tokens=7),
    )


def test_a_model_of_levels_or_agents_is_not_replaced(tmp_path: Path) -> None:
    """``--refinery-model`` would leave some agents as they are: it is refused, with their models."""
    team = "agents = [{ model = 'a' }, { temperature = 0 }]"
    with pytest.raises(StudyError, match="name a, so --refinery-model cannot replace it"):
        load(tmp_path, HEAD + team, model="b")
    with pytest.raises(StudyError, match="name a, so --refinery-model cannot replace it"):
        load(tmp_path, HEAD + "[factors.team.one]\nmodel = 'a'", model="b")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("agents = 2", False),
        ("agents = [{ model = 'a' }, { model = 'b' }]", True),
        ("agents = [{ model = 'a' }, {}]", False),
        ("[factors.team.x]\nmodel = 'a'\n[factors.team.y]\nmodel = 'b'", True),
        ("[factors.team.x]\nmodel = 'a'\n[factors.team.y]\nagents = 2", False),
    ],
)
def test_a_study_names_its_model_where_no_agent_falls_back_on_the_default(
    tmp_path: Path, text: str, *, named: bool
) -> None:
    """Models may be named by levels and by agents, too."""
    assert load(tmp_path, HEAD + text).names_model is named


def test_budgets_that_file_names_cannot_tell_apart_make_names_of_levels(tmp_path: Path) -> None:
    """Only turns and seconds have places in the pilot's short names."""
    short = load(tmp_path, HEAD + '[factors]\noptimization = ["3 iterations", "60 s"]')
    assert [unit.path.name for unit in study_units(short, tmp_path)] == ["1_3_inf_1.py", "1_inf_60_1.py"]
    names = load(tmp_path, HEAD + '[factors]\noptimization = ["3 iterations", "4000 tokens", "$0.02"]')
    assert [unit.path.name for unit in study_units(names, tmp_path)] == [
        "optimization=3iterations-r1.py",
        "optimization=4000tokens-r1.py",
        "optimization=_0.02-r1.py",
    ]


def test_no_two_requests_of_a_study_share_a_seed(tmp_path: Path) -> None:
    """Ten thousand trajectories have ranges of request seeds that never meet, all below 2**31."""
    study = load(tmp_path, HEAD + f"seed = 7\nreplicates = 500\n[factors]\nagents = {list(range(1, 21))}")
    starts = {
        study.request_seed(t, r, 1) // 1024 for t in study.treatments for r in study.replicate_numbers()
    }
    assert len(starts) == study.programs == 10_000
    assert all(0 <= study.request_seed(study.treatments[0], 1, turn) < 2**31 for turn in (1, 1000))


def test_more_replicates_keep_the_seeds_of_those_there_were(tmp_path: Path) -> None:
    """Seeds of replicates do not move when a study grows."""
    small = load(tmp_path, HEAD + "replicates = 2\n[factors]\nagents = [1, 2, 3]")
    large = load(tmp_path, HEAD + "replicates = 9\n[factors]\nagents = [1, 2, 3]")
    for treatment in small.treatments:
        for replicate in (1, 2):
            assert small.request_seed(treatment, replicate, 1) == large.request_seed(treatment, replicate, 1)


def test_no_factor_has_the_name_of_a_column_of_the_analysis(tmp_path: Path) -> None:
    """What the analysis could not tell apart is refused before anything is paid; both know the same names."""
    from refinery_analysis._reading.frames import RESERVED  # noqa: PLC0415 - only here

    assert COLUMNS == RESERVED
    task = dataclasses.replace(TASK, settings={"list": 1})
    (tmp_path / "study.toml").write_text(HEAD + "[factors]\nlist = [1, 2]")
    with pytest.raises(StudyError, match=r"factors.list: cannot be a factor: the analysis has a column"):
        load_study(tmp_path / "study.toml", {"double": task})


@given(first=st.text(max_size=300), second=st.text(max_size=300))
def test_every_text_that_may_be_a_level_has_its_own_label_in_the_analysis(first: str, second: str) -> None:
    """Empty, long, with line breaks: two levels whose file names differ never look the same there."""
    from refinery_analysis._reading.levels import label  # noqa: PLC0415 - only here

    texts = [label(text) for text in (first, second)]
    assert all(text and len(text) <= 80 for text in texts)
    if slug(first) != slug(second):
        assert texts[0] != texts[1]


def test_the_primary_response_is_time_unless_the_study_says_passed(tmp_path: Path) -> None:
    """Nothing else may be said."""
    assert load(tmp_path, HEAD).primary == "time"
    assert load(tmp_path, HEAD + 'primary = "passed"').primary == "passed"
    with pytest.raises(StudyError, match="primary: must be one of time, passed, got 'speed'"):
        load(tmp_path, HEAD + 'primary = "speed"')


def test_a_size_is_said_where_a_task_leaves_it_to_the_study_and_only_there(tmp_path: Path) -> None:
    """Each mistake names the key and what to do."""
    open_one = dataclasses.replace(TASK, name="open", sample=lambda seed, size: (seed * size,))
    path = tmp_path / "study.toml"
    path.write_text('name = "mine"\ntask = "open"\nsize = 7\n')
    study = load_study(path, {"open": open_one})
    assert study.size == 7
    assert open_one.sized(7).sample is not None
    path.write_text('name = "mine"\ntask = "open"\n')
    assert load_study(path, {"open": open_one}).size is None  # it is found
    path.write_text('name = "mine"\ntask = "open"\nsize = { open = 70 }\n')
    assert load_study(path, {"open": open_one}).size_of("open") == 70
    path.write_text('name = "mine"\ntask = "open"\nsize = { opne = 70 }\n')
    with pytest.raises(StudyError, match=r"size\.opne: .*did you mean 'open'"):
        load_study(path, {"open": open_one})
    path.write_text('name = "mine"\ntask = "open"\nsize = { open = 0 }\n')
    with pytest.raises(StudyError, match=r"size\.open: must be a whole number of at least 1, got 0"):
        load_study(path, {"open": open_one})
    with pytest.raises(
        StudyError, match="size: no task of the study has a sample that takes one; leave it out"
    ):
        load(tmp_path, HEAD + "size = 7")
    path.write_text('name = "mine"\ntask = "open"\nsize = 0\n')
    with pytest.raises(StudyError, match="size: 0 is not allowed; use a whole number of at least 1"):
        load_study(path, {"open": open_one})


def test_files_of_tasks_lie_beside_the_study_that_names_them(tmp_path: Path) -> None:
    """``tasks_from`` is a list of names relative to the study; anything else is refused with what was given."""
    path = tmp_path / "study.toml"
    path.write_text('tasks_from = ["one.jsonl", "more/two.jsonl"]')
    assert files_of_tasks(path) == [tmp_path / "one.jsonl", tmp_path / "more" / "two.jsonl"]
    path.write_text('tasks_from = "one.jsonl"')
    with pytest.raises(StudyError, match=r"tasks_from: must be a list of files such as .*, got 'one.jsonl'"):
        files_of_tasks(path)


def test_a_setting_called_size_cannot_stand_beside_a_task_of_open_size(tmp_path: Path) -> None:
    """One key of the study would mean two things; both tasks are named."""
    tasks = {
        "open": dataclasses.replace(TASK, name="open", sample=lambda seed, size: (seed + size,)),
        "set": dataclasses.replace(TASK, name="set", settings={"style": "plainly", "size": 3}),
    }
    path = tmp_path / "study.toml"
    path.write_text('name = "mine"\ntasks = ["open", "set"]\n')
    with pytest.raises(
        StudyError, match="size: is a setting of task 'set', and what sample of task 'open' takes"
    ):
        load_study(path, tasks)


def test_limits_and_prices_are_taken_as_they_are_written(tmp_path: Path) -> None:
    """Several limits may be set at once, and each model may have its own price."""
    study = load(
        tmp_path,
        HEAD
        + "[limits]\nmemory_mb = 300\nprocesses = 7\n"
        + "[price]\nsmall = { input = 1, output = 2 }\nlarge = { input = 3, output = 4.5 }\n",
    )
    assert (study.limits.memory_mb, study.limits.processes) == (300, 7)
    assert {model: float(price.output) for model, price in study.prices.items()} == {
        "small": 2.0,
        "large": 4.5,
    }
