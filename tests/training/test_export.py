"""From results, trajectories and cassettes to rows for trainers."""

from __future__ import annotations

import hashlib
import json
import math
import random
import sys
from statistics import fmean
from typing import TYPE_CHECKING, Any

import pytest

from refinery_plugin.__main__ import main
from refinery_plugin._training.export import held_out
from refinery_plugin._training.formats import discoveries, p_of_faster
from refinery_plugin._training.log_ratio import BetweenLists, LogRatio
from refinery_plugin._training.terms_of_use import terms_of
from refinery_plugin._training.turns import ExportedTurn

if TYPE_CHECKING:
    from pathlib import Path

FAST, SAME, SLOW, WRONG = "fast = 1\n", "same = 1\n", "slow = 1\n", "wrong = 1\n"
SECONDS = {FAST: [0.50, 0.51], SAME: [0.505, 0.515], SLOW: [1.0, 1.02]}
COLUMNS = set(
    json.loads(
        '["study", "task", "task_checksum", "treatment", "replicate", "turn", "agent", "model", "verdict", "ratio",'
        '"noise", "sha256", "tokens", "usd"]'
    )
)


def sha256(program: str) -> str:
    return hashlib.sha256(program.encode()).hexdigest()


def turn(number: int, program: str | None) -> dict[str, Any]:
    return {
        "turn": number, "agent": 1 + number % 2, "model": "gpt-4o", "seed": 100 + number, "program": program,
        "prompt_tokens": 30, "completion_tokens": 12, "cost_usd": 0.001,
    }  # fmt: skip


def exchange(number: int, program: str | None) -> dict[str, Any]:
    asked = {"seed": 100 + number, "messages": [{"role": "user", "content": f"Turn {number}."}]}
    answer = {"choices": [{"message": {"role": "assistant", "content": f"Take {program!r}"}}]}
    return {"request": {"body": json.dumps(asked)}, "response": {"body": {"string": json.dumps(answer)}}}


class Lab:
    """A folder with the files of a study, whose replicates are given as the programs of their turns."""

    def __init__(
        self, root: Path, replicates: list[list[str | None]], tasks: tuple[str, ...] = ("sort",)
    ) -> None:
        self.root = root
        entries, benchmarks = [], []
        for task in tasks:
            for replicate, programs in enumerate(replicates, start=1):
                name = f"{task}-r{replicate}"
                shape = {"turns": [turn(n, program) for n, program in enumerate(programs, start=1)]}
                self.write(f"programs/{name}.json", shape)
                exchanges = [exchange(n, program) for n, program in enumerate(programs, start=1)]
                self.write(f"cassettes/{name}.json", {"interactions": exchanges})
                for program in programs:
                    verdict = {WRONG: "wrong_answer", None: "no_program"}.get(program, "correct")
                    entries.append({
                        "file": f"{name}.py", "task": task, "treatment": {"agents": 2}, "replicate": replicate,
                        "verdict": verdict, "sha256": program and sha256(program),
                    })  # fmt: skip
                    if program is not None and program in SECONDS:
                        info = {
                            "task": task,
                            "session": "s",
                            "block": 1,
                            "list": 1,
                            "sha256": sha256(program),
                        }
                        benchmarks.append({"extra_info": info, "stats": {"data": SECONDS[program]}})
        reference = [
            {"task": t, "session": "s", "block": 1, "list": 1, "seconds": [1.0, 1.02]} for t in tasks
        ]
        refinery = {
            "study": {"name": "demo"}, "task": None, "sandbox": "bwrap", "verifier": 3, "versions": {}, "seeds": {},
            "programs": entries, "reference": reference, "task_checksum": None,
            "tasks": [{"name": task, "checksum": f"c0ffee of {task}"} for task in tasks],
        }  # fmt: skip
        self.write("results.json", {"refinery": refinery, "benchmarks": benchmarks})

    def write(self, name: str, document: object) -> None:
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(document), encoding="utf-8")

    def export(self, form: str, *more: str, out: str = "rows.jsonl") -> int:
        folders = ["--programs", str(self.root / "programs"), "--cassettes", str(self.root / "cassettes")]
        files = [str(self.root / "results.json"), "--out", str(self.root / out)]
        return main(["export", *files, "--format", form, *folders, *more])

    def rows(
        self, form: str, *more: str, out: str = "rows.jsonl", read: str | None = None
    ) -> list[dict[str, Any]]:
        assert self.export(form, *more, out=out) == 0
        text = (self.root / (read or out)).read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]


def test_fine_tuning_gets_each_correct_program_once(tmp_path: Path) -> None:
    """One row a turn with what was sent then; identical programs and wrong ones are left out; all columns are there."""
    rows = Lab(tmp_path, [[FAST, WRONG], [SLOW, FAST]]).rows("sft")
    assert [row["sha256"] for row in rows] == [sha256(FAST), sha256(SLOW)]
    assert set(rows[0]) == {"messages", *COLUMNS}
    assert rows[0]["messages"] == [
        {"role": "user", "content": "Turn 1."},
        {"role": "assistant", "content": f"Take {FAST!r}"},
    ]
    assert (rows[0]["turn"], rows[0]["agent"], rows[0]["tokens"], rows[0]["usd"]) == (1, 2, 42, 0.001)
    assert rows[0]["ratio"] == pytest.approx(0.5, rel=0.01)
    assert (rows[0]["study"], rows[0]["task"], rows[0]["task_checksum"]) == ("demo", "sort", "c0ffee of sort")


def test_pairs_share_their_prompt_and_differ_beyond_the_noise(tmp_path: Path) -> None:
    """Correct beats wrong, faster beats slower; what differs by less than the noise is no pair."""
    rows = Lab(tmp_path, [[FAST], [SAME], [SLOW], [WRONG], [None]]).rows("preference")
    pairs = {(row["chosen"][0]["content"], row["rejected"][0]["content"], row["why"]) for row in rows}
    told = {name: f"Take {name!r}" for name in (FAST, SAME, SLOW, WRONG, None)}
    correct = [(told[good], told[bad], "correct") for good in (FAST, SAME, SLOW) for bad in (WRONG, None)]
    assert pairs == {*correct, (told[FAST], told[SLOW], "faster"), (told[SAME], told[SLOW], "faster")}
    assert {json.dumps(row["prompt"]) for row in rows} == {
        json.dumps([{"role": "user", "content": "Turn 1."}])
    }
    assert set(rows[0]) > COLUMNS


def test_a_program_of_several_trajectories_is_timed_beside_one_reference(tmp_path: Path) -> None:
    """Its times are runs of one list, and nothing tells how it differs from list to list."""
    rows = Lab(tmp_path, [[FAST], [FAST]]).rows("sft")
    logs = [math.log(seconds) for seconds in (*SECONDS[FAST] * 2, 1.0, 1.02)]
    parts = [logs[:4], logs[4:]]
    variance = sum((x - fmean(part)) ** 2 for part in parts for x in part) / 4
    assert [row["noise"] for row in rows] == [pytest.approx(math.sqrt(variance * (1 / 4 + 1 / 2)))]


def test_single_answers_are_good_or_bad(tmp_path: Path) -> None:
    """An answer without a program is bad, too."""
    rows = Lab(tmp_path, [[FAST, WRONG, None]]).rows("kto")
    assert [(row["label"], row["verdict"]) for row in rows] == [
        (True, "correct"), (False, "wrong_answer"), (False, "no_program"),
    ]  # fmt: skip
    assert set(rows[0]) == {"prompt", "completion", "label", *COLUMNS}


def test_prompts_to_answer_name_the_task_of_their_reward(tmp_path: Path) -> None:
    """Each prompt is there once, with the column that rewards ask for."""
    rows = Lab(tmp_path, [[FAST, SLOW], [WRONG, SAME]]).rows("grpo")
    assert [(row["prompt"][0]["content"], row["task_id"]) for row in rows] == [
        ("Turn 1.", "sort"),
        ("Turn 2.", "sort"),
    ]


def test_tasks_may_have_the_same_prompt(tmp_path: Path) -> None:
    """Each is there to answer."""
    rows = Lab(tmp_path, [[FAST]], tasks=("sort", "find")).rows("grpo")
    assert {row["task_id"] for row in rows} == {"sort", "find"}


def test_no_task_is_in_both_parts(tmp_path: Path) -> None:
    """``--split-by task`` writes all rows, and those of each part, with the part as a column."""
    lab = Lab(tmp_path, [[FAST, WRONG]], tasks=("a", "b", "c"))
    rows = lab.rows("kto", "--split-by", "task")
    parts = {
        split: lab.rows("kto", "--split-by", "task", read=f"rows.{split}.jsonl")
        for split in ("train", "test")
    }
    assert len(parts["train"]) + len(parts["test"]) == len(rows) == 6
    tasks = {split: {row["task"] for row in part} for split, part in parts.items()}
    assert tasks["test"] == held_out({"a", "b", "c"})
    assert tasks["train"] == {"a", "b", "c"} - tasks["test"]
    assert held_out({"alone"}) == set()


def test_a_card_says_what_the_rows_are(tmp_path: Path) -> None:
    """It has the models with their terms, the tasks, how they were judged, and what was left out."""
    lab = Lab(tmp_path, [[FAST], [SLOW]])
    (tmp_path / "programs" / "sort-r2.json").unlink()
    assert len(lab.rows("sft")) == 1
    card = (tmp_path / "rows.md").read_text(encoding="utf-8")
    assert "`gpt-4o`: OpenAI's terms" in card
    assert "sandbox `bwrap`" in card
    assert "Left out: programs without a recorded trajectory: 1." in card


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("gpt-4o", "OpenAI's terms"),
        ("openai/gpt-5-mini", "OpenAI's terms"),
        ("openai/gpt-oss-20b", "Apache License 2.0"),
        ("Anthropic/Claude-Sonnet-4", "Anthropic's commercial terms"),
        ("models/gemini-2.5-pro", "Google's terms"),
        ("meta-llama/Llama-3.3-70B-Instruct", "Llama first"),
        ("qwen2.5-coder-1.5b-instruct", "differs by size"),
        ("of-my-own", "its licence decides"),
    ],
)
def test_terms_are_found_by_the_models_name(model: str, told: str) -> None:
    """With or without the maker's name before it; of others nothing is claimed."""
    assert told in terms_of(model)
    assert terms_of(model).endswith("Look it up before you train or publish")


def test_what_cannot_be_exported_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each mistake is one sentence and exit code 2."""
    lab = Lab(tmp_path, [[WRONG]])
    assert lab.export("sft") == 2
    assert "nothing to export as sft" in capsys.readouterr().err
    assert lab.export("kto", out="rows.csv") == 2
    assert "must end in .jsonl or .parquet" in capsys.readouterr().err
    assert lab.export("kto", "--programs", str(tmp_path / "none")) == 2
    assert "name it by --programs" in capsys.readouterr().err
    (tmp_path / "results.json").write_text("[]", encoding="utf-8")
    assert lab.export("kto") == 2
    assert "is no benchmark file" in capsys.readouterr().err


def test_the_noise_is_that_of_runs_of_the_same_code() -> None:
    """By hand: two lists with two runs each; without a second run nothing tells the noise."""
    timed = LogRatio.of([([2.0, 2.0 * math.e], [1.0, 1.0]), ([2.0, 2.0], [1.0, 1.0])])
    assert timed.ratio == pytest.approx(2.0 * math.exp(0.25))
    # Squares 0.5 over 4 degrees of freedom; the weights of two lists are 2 together.
    assert timed.noise == pytest.approx(math.sqrt(0.5 / 4 * 2) / 2)
    assert timed.degrees == 4
    once = LogRatio.of([([2.0], [1.0])])
    assert (once.ratio, once.noise) == (2.0, None)
    assert (LogRatio.of([]).ratio, LogRatio.of([]).noise) == (None, None)


def test_what_differs_from_list_to_list_is_noise_too() -> None:
    """By hand: pooled over the programs of a task, and the larger of the two is the noise."""
    calm = LogRatio(lists=[0.1, 0.1], noise=0.01, degrees=4)
    between = BetweenLists.of([calm, LogRatio(lists=[0.0, 0.4]), LogRatio(lists=[3.0])])
    assert between.variance == pytest.approx(0.08 / 2)
    assert between.degrees == 2
    (two, two_degrees), (one, one_degrees) = between.noise_of(calm), between.noise_of(LogRatio(lists=[3.0]))
    assert two == pytest.approx(math.sqrt(0.04 / 2))
    assert one == pytest.approx(0.2)
    assert two_degrees == one_degrees == between.degrees
    assert between.noise_of(LogRatio(lists=[0.1, 0.1], noise=0.5, degrees=4)) == (0.5, 4)
    assert BetweenLists.of([LogRatio(lists=[3.0])]).noise_of(calm) == (0.01, 4)
    assert between.noise_of(LogRatio()) == (None, 0)


def test_differences_are_believed_by_how_many_there_are() -> None:
    """By hand, with limits of 0.0125, 0.025, 0.0375 and 0.05: one above its limit counts where a later one is below."""
    assert discoveries({7: 0.01, 8: 0.03, 9: 0.035, 10: 0.5}) == {7, 8, 9}
    assert discoveries({7: 0.01, 8: 0.03, 9: 0.04, 10: 0.5}) == {7}
    assert discoveries({7: 0.02, 8: 0.03, 9: 0.04, 10: 0.5}) == frozenset()
    assert discoveries({}) == frozenset()


@pytest.mark.parametrize("different", [20, 100])
def test_pairs_that_are_called_faster_are_faster_when_they_are_timed_again(different: int) -> None:
    """Of 400 pairs few differ; minutes and lists differ more than runs; 95 % of those that are exported hold."""
    chance = random.Random(different)  # noqa: S311 - no secret
    truth: list[float] = [chance.choice((-0.7, 0.7)) if number < different else 0.0 for number in range(400)]

    def timed() -> list[tuple[LogRatio, LogRatio]]:
        def program(speed: float) -> LogRatio:
            lists = [chance.gauss(speed, 0.15) for _ in range(2)]
            runs = [[math.exp(chance.gauss(mean, 0.05)) for _ in range(2)] for mean in lists]
            return LogRatio.of((own, [1.0, 1.0]) for own in runs)

        return [(program(0.0), program(difference)) for difference in truth]

    once = timed()
    between = BetweenLists.of(program for pair in once for program in pair)
    p_values = {
        number: p
        for number, pair in enumerate(once)
        if (p := p_of_faster(*sorted((turn_of(each, between) for each in pair), key=ratio_of))) is not None
    }
    called = discoveries(p_values)
    again = timed()
    held = sum(
        (fmean(once[n][0].lists) < fmean(once[n][1].lists))
        == (fmean(again[n][0].lists) < fmean(again[n][1].lists))
        for n in called
    )
    assert len(called) > different // 2
    assert held >= 0.95 * len(called)


def turn_of(timed: LogRatio, between: BetweenLists) -> ExportedTurn:
    noise, degrees = between.noise_of(timed)
    columns = {"task": "sort", "verdict": "correct", "ratio": timed.ratio, "noise": noise}
    return ExportedTurn(prompt=[], answer="", columns=columns, degrees=degrees)


def ratio_of(turn: ExportedTurn) -> float:
    return float(turn.columns["ratio"])


def test_results_that_are_not_there_or_have_no_list_of_programs_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file is named, and how to make one."""
    lab = Lab(tmp_path, [[SAME]])
    lab.write("results.json", {"refinery": {"programs": {}}})
    assert lab.export("kto") == 2
    assert "is no benchmark file with programs of a study; make one with" in capsys.readouterr().err
    (tmp_path / "results.json").unlink()
    assert lab.export("kto") == 2
    assert "results.json cannot be read: No such file" in capsys.readouterr().err


def test_turns_that_cannot_be_told_of_are_left_out_and_counted(tmp_path: Path) -> None:
    """Those that nobody judged are counted on the card; those whose exchange holds no answer are no turns at all."""
    lab = Lab(tmp_path, [[SAME, SLOW, WRONG]])
    path = tmp_path / "results.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    refinery = document["refinery"]
    refinery["programs"] = [one for one in refinery["programs"] if one["sha256"] != sha256(SLOW)]
    refinery["task_checksum"] = "one for all"
    document["benchmarks"].append({"stats": {"data": [9.0]}})
    path.write_text(json.dumps(document), encoding="utf-8")
    broken = {"request": {"body": "{"}, "response": {"body": {"string": ""}}}
    lab.write("cassettes/sort-r1.json", {"interactions": [exchange(1, SAME), exchange(2, SLOW), broken]})
    (row,) = lab.rows("kto")
    assert row["turn"] == 1
    assert row["task_checksum"] == "one for all"
    card = (tmp_path / "rows.md").read_text(encoding="utf-8")
    assert "Left out: turns that were not judged (--refinery-turns judges all): 1." in card


@pytest.mark.parametrize("called", ["random_seed", None])
def test_requests_without_a_seed_are_found_by_their_turn(tmp_path: Path, called: str | None) -> None:
    """A study's ``request`` may drop the seed or call it otherwise."""
    lab = Lab(tmp_path, [[SAME, SLOW, WRONG]])
    expected = lab.rows("kto")
    path = tmp_path / "cassettes/sort-r1.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    for one in document["interactions"]:
        body = json.loads(one["request"]["body"])
        seed = body.pop("seed")
        one["request"]["body"] = json.dumps(body if called is None else {**body, called: seed})
    lab.write("cassettes/sort-r1.json", document)
    assert lab.rows("kto") == expected
    assert [row["turn"] for row in expected] == [1, 2, 3]


def test_a_cassette_of_another_recording_teaches_nothing(tmp_path: Path) -> None:
    """Its answers are not those of the programs that were judged."""
    lab = Lab(tmp_path, [[SAME, SLOW]])
    lab.write("cassettes/sort-r1.json", {"interactions": [exchange(1, SAME), exchange(3, SLOW)]})
    (row,) = lab.rows("kto")
    assert row["turn"] == 1
    card = (tmp_path / "rows.md").read_text(encoding="utf-8")
    assert "Left out: turns whose cassette is that of another recording: 1." in card


@pytest.mark.parametrize(
    ("form", "verdicts"),
    [
        ("sft", ["correct"]),
        ("preference", ["correct"]),
        ("kto", ["correct", "wrong_answer"]),
        ("grpo", ["correct", "wrong_answer"]),
    ],
)
def test_criticism_is_no_bad_program(tmp_path: Path, form: str, verdicts: list[str]) -> None:
    """A turn that was asked for words is in no form, neither as an answer nor as a prompt, and is counted."""
    lab = Lab(tmp_path, [[FAST, None], [None, WRONG], [WRONG, None]])
    for replicate, criticism in ((1, 1), (2, 0), (3, 1)):
        name = f"programs/sort-r{replicate}.json"
        document = json.loads((tmp_path / name).read_text(encoding="utf-8"))
        document["turns"][criticism]["outcome"] = "words"
        lab.write(name, document)
    assert [row["verdict"] for row in lab.rows(form)] == verdicts
    card = (tmp_path / "rows.md").read_text(encoding="utf-8")
    assert "Left out: turns that were asked for criticism, not for a program: 3." in card


def test_a_seed_of_the_study_own_hides_no_turn(tmp_path: Path) -> None:
    """What ``request`` adds to bodies comes before ours: then all requests have the same one."""
    lab = Lab(tmp_path, [[SAME, SLOW]])
    expected = lab.rows("kto")
    for name in ("cassettes/sort-r1.json", "programs/sort-r1.json"):
        document = json.loads((tmp_path / name).read_text(encoding="utf-8"))
        for one in document.get("interactions", ()):
            one["request"]["body"] = json.dumps({**json.loads(one["request"]["body"]), "seed": 7})
        if "turns" in document:
            document["request"] = {"gpt-4o": {"drop": [], "rename": {}, "extra": {"seed": 7}}}
        lab.write(name, document)
    assert lab.rows("kto") == expected
    assert len(expected) == 2


def test_parquet_without_the_package_that_writes_it_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says what to install, and no file is left."""
    lab = Lab(tmp_path, [[SAME]])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert lab.export("kto", out="rows.parquet") == 2
    assert "Parquet needs pyarrow: pip install 'pytest-refinery[parquet]'" in capsys.readouterr().err
    assert not (tmp_path / "rows.parquet").exists()
