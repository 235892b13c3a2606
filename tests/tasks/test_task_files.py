"""Files of tasks: rows of every form, what cannot be used, and mistakes."""

from __future__ import annotations

import gzip
import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from refinery_plugin._sandbox import Limits
from refinery_plugin._tasks.forms import FormError, from_json, like, parse_form
from refinery_plugin._verification.checker import Checker
from refinery_plugin._verification.inputs import BrokenReferenceError
from refinery_plugin._verification.verdict import Verdict
from refinery_plugin.tasks import TaskFileError, from_jsonl

if TYPE_CHECKING:
    from pathlib import Path

    from refinery_plugin import Task
    from refinery_plugin._sandbox import Sandbox

HUMAN = {
    "task_id": "Human/0",
    "prompt": 'def half(x: int) -> int:\n    """Halve a number, rounded down."""\n',
    "entry_point": "half",
    "canonical_solution": "    return x // 2\n",
    "test": "def check(candidate):\n    assert candidate(5) == 2\n    assert candidate(0) == 0\n",
}
ROOT = HUMAN | {
    "task_id": "Human/1",
    "prompt": "def root(x):\n",
    "entry_point": "root",
    "canonical_solution": "    return x ** 0.5\n",
    "test": "def check(candidate):\n    assert abs(candidate(2) - 1.41) < 0.01\n    assert candidate(9) == 3\n",
}
RANDOM = HUMAN | {
    "task_id": "Human/2",
    "test": "import random\ndef check(candidate):\n    assert candidate(random.randint(0, 9)) < 5\n",
}
PLUS = {
    "task_id": "Mbpp/3",
    "prompt": '"""\nWrite a function to swap a pair.\nassert swap((1, 2)) == (2, 1)\n"""\n',
    "entry_point": "swap",
    "canonical_solution": "def swap(pair):\n    return (pair[1], pair[0] / 1)\n",
    "contract": "assert len(pair) == 2",
    "base_input": [[[1, 2]]],
    "plus_input": [[[3, 4]], [[0, 0.5]]],
    "atol": 0,
    "assertion": "assert swap((1, 2)) == (2, 1)",
}
AS_SET = PLUS | {
    "task_id": "Mbpp/4",
    "canonical_solution": "def swap(pair):\n    return list(set(pair))\n",
    "assertion": "assert set(swap((1, 2))) == set((2, 1))",
}
MBPP = {
    "task_id": 5,
    "text": "Write a function to add one.",
    "code": "def plus(n):\n    return n + 1",
    "test_list": ["assert plus(1) == 2", "assert plus(-1) == 0"],
}
OWN = {
    "name": "pairs",
    "prompt": "Return each pair's sum.",
    "signature": "def sums(pairs: list[tuple[int, int]], scale: dict[int, float]) -> list[float]",
    "reference": "def sums(pairs, scale):\n    return [(a + b) * scale.get(a, 1.0) for a, b in pairs]\n",
    "examples": [[[[[1, 2], [3, 4]], {"1": 0.5}], [1.5, 7]]],
    "inputs": [[[], {}]],
    "close": {"rtol": 1e-9},
    "version": "2",
}
ASSERTION = """
import numpy as np

def is_floats(x) -> bool:
    return isinstance(x, float)

def assertion(out, exp, atol):
    exact_match = out == exp
    if atol == 0 and is_floats(exp):
        atol = 1e-6
    if not exact_match and atol != 0:
        assert np.allclose(out, exp, rtol=1e-07, atol=atol)
    else:
        assert exact_match
"""
TABLES = """
    inputs = [[1], [2.5]]
    results = [2, 3.5]
    for i, (inp, exp) in enumerate(zip(inputs, results)):
        assertion(candidate(*inp), exp, 0)
"""
IN_TABLES = HUMAN | {
    "task_id": "Human/6",
    "prompt": "def after(x):\n",
    "entry_point": "after",
    "canonical_solution": "    return x + 1\n",
    "test": f"{ASSERTION}\ndef check(candidate):{TABLES}",
}
CHALLENGED = MBPP | {
    "task_id": 7,
    "challenge_test_list": ["assert plus(7) == 8"],
    "test_imports": ["import math"],
    "test": f"{ASSERTION}\ninputs = [[20]]\nresults = [21]\n"
    "for inp, exp in zip(inputs, results):\n    assertion(plus(*inp), exp, 0)\n",
}
ROWS = (HUMAN, ROOT, PLUS, AS_SET, MBPP, OWN)


def written(folder: Path, *rows: object, name: str = "tasks.jsonl") -> Path:
    path = folder / name
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def one(folder: Path, row: dict[str, Any]) -> Task:
    (task,) = from_jsonl(written(folder, row))
    return task


def opened(task: Task, sandbox: Sandbox) -> Checker:
    return Checker.open(sandbox, task, list_seeds=[], seed=1, limits=Limits(), time_factor=10)


@pytest.mark.parametrize("name", ["tasks.jsonl", "tasks.jsonl.gz"])
def test_rows_of_every_form_become_tasks_that_are_never_timed(tmp_path: Path, name: str) -> None:
    """In the order of the file; nothing of it was run here."""
    tasks = from_jsonl(written(tmp_path, *ROWS, name=name))
    assert [task.name for task in tasks] == ["Human/0", "Human/1", "Mbpp/3", "Mbpp/4", "Mbpp/5", "pairs"]
    assert all(task.foreign and not task.is_timed for task in tasks)
    assert [str(each) for each in tasks.left_out] == [
        (
            "Mbpp/4 (line 4): 2 of its inputs are left out: its results are not compared by ==, but by "
            "'assert set(result) == set((2, 1))'"
        )
    ]


@pytest.mark.parametrize(
    ("row", "right", "wrong"),
    [
        (HUMAN, "def half(x): return x >> 1", "def half(x): return x / 2"),
        (ROOT, "import math\ndef root(x): return math.sqrt(x)", "def root(x): return x"),
        (PLUS, "def swap(p): return p[1], p[0] + 1e-9", "def swap(p): return [p[1], p[0]]"),
        (AS_SET, "def swap(p): return p", "def swap(p): return 2, 3"),
        (MBPP, "def plus(n): return 1 + n", "def plus(n): return 2"),
        (OWN, "def sums(p, s): return [sum(x) * s.get(x[0], 1) for x in p]", "def sums(p, s): return []"),
        (IN_TABLES, "def after(x): return x + 1 + 1e-9", "def after(x): return x + 1.001"),
        (CHALLENGED, "def plus(n): return n - -1", "def plus(n): return n + 1 if n < 7 else 8"),
        (CHALLENGED, "def plus(n): return n - -1", "def plus(n): return n + 1 if n < 7 or n > 8 else 7"),
    ],
    ids=["HumanEval", "tolerance", "plus", "as sets", "MBPP", "own", "tables", "test", "challenge"],
)
def test_programs_are_judged_as_the_tests_would(
    tmp_path: Path, sandbox: Sandbox, row: dict[str, Any], right: str, wrong: str
) -> None:
    """By the real sandbox, where the canonical solution is correct too."""
    checker = opened(one(tmp_path, row), sandbox)
    assert checker.check(checker.bench.reference).judgement.correct
    assert checker.check(right.encode()).judgement.correct
    assert checker.check(wrong.encode()).judgement.verdict is Verdict.WRONG_ANSWER


def test_a_comparison_of_the_tests_own_is_not_taken_for_another(tmp_path: Path) -> None:
    """Some suites compare as sets, by a function of the same name."""
    other = ASSERTION.replace("out == exp", "set(out) == set(exp)")
    (left,) = from_jsonl(
        written(tmp_path, IN_TABLES | {"test": f"{other}\ndef check(candidate):{TABLES}"})
    ).left_out
    assert "cannot be lifted" in left.reason
    (task,) = tasks = from_jsonl(
        written(tmp_path, CHALLENGED | {"test": str(CHALLENGED["test"]).replace("out == exp", "out in exp")})
    )
    assert "its test is left out, its test_list is not" in tasks.left_out[0].reason
    assert len(task.examples) == 3


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\n\n", "\r\n\r\n"], ids=repr)
def test_a_file_may_have_a_mark_empty_lines_and_any_characters(tmp_path: Path, break_: str) -> None:
    """A byte-order mark, line ends of other systems, line separators inside of texts."""
    rows = [
        HUMAN | {"task_id": f"Grüße\u2028{number}", "prompt": 'def half(x):\n    """A\x85\u2029b"""\n'}
        for number in (1, 2)
    ]
    text = break_.join(["", *(json.dumps(row, ensure_ascii=False) for row in rows), ""])
    path = tmp_path / "odd.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert [task.name for task in from_jsonl(path)] == ["Grüße\u20281", "Grüße\u20282"]


def test_values_of_any_size_are_tried_or_told(tmp_path: Path, sandbox: Sandbox) -> None:
    """Infinity, not a number, large integers; one that is too large for the sandbox is that task's fault alone."""
    same = PLUS | {
        "entry_point": "same",
        "canonical_solution": "def same(x):\n    return x\n",
        "assertion": "",
        "base_input": [[float("inf")], [float("nan")], [10**4000], [{"a": [None, -0.0]}]],
        "plus_input": [],
    }
    checker = opened(one(tmp_path, same), sandbox)
    assert checker.check(b"def same(x): return x").judgement.correct
    assert not checker.check(b"def same(x): return min(x, 2.0) if x != x or x == x else x").judgement.correct
    long = json.dumps(same | {"base_input": [[0]]}).replace("[[0]]", f"[[{'7' * 5000}]]")
    (task,) = from_jsonl(written(tmp_path, long))
    with pytest.raises(
        BrokenReferenceError, match="an input cannot be carried into the sandbox: for an integer"
    ):
        opened(task, sandbox)


def test_what_cannot_be_lifted_is_told_and_the_others_are_used(tmp_path: Path) -> None:
    """With its line and its reason."""
    tasks = from_jsonl(written(tmp_path, RANDOM, HUMAN))
    assert [task.name for task in tasks] == ["Human/0"]
    (left,) = tasks.left_out
    assert str(left) == "Human/2 (line 1): its test, line 3: the name random is not known"


def test_a_canonical_solution_that_contradicts_its_test_is_told(tmp_path: Path, sandbox: Sandbox) -> None:
    """It is the file's mistake, and no program's."""
    broken = HUMAN | {"canonical_solution": "    return x\n"}
    with pytest.raises(
        BrokenReferenceError, match="does not pass its own examples: for 5 it returned 5, expected 2"
    ):
        opened(one(tmp_path, broken), sandbox)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (['{"task_id":'], "line 1: it is no JSON"),
        (["", "[1]"], r"line 2: it is no JSON object, got \[1\]"),
        ([{key: HUMAN[key] for key in HUMAN if key != "test"}], "for the nearest, .*, it lacks "),
        ([HUMAN, HUMAN], "line 2: two tasks of the file are called 'Human/0'"),
        ([MBPP, PLUS | {"task_id": "Mbpp/5"}], "line 2: two tasks of the file are called 'Mbpp/5'"),
        ([HUMAN | {"prompt": 3}], "line 1: prompt must be text, got 3"),
        ([OWN | {"exmaples": []}], "there is no key 'exmaples'"),
        ([OWN | {"examples": [[1, 2]]}], "examples are pairs"),
        (
            [OWN | {"signature": "def sums(pairs: complex) -> int"}],
            "'complex' is no type that values may have",
        ),
        ([OWN | {"close": {"atol": -1}}], "atol must be a number of at least 0"),
        ([OWN | {"reference": "def other(): ..."}], r"the reference does not define sums\(\)"),
        ([PLUS | {"base_input": [1]}], "base_input must be a list of lists"),
        ([], "there is no row in it"),
        ([OWN | {"close": 1e-9}], 'close must be like {"rtol": 1e-9, "atol": 1e-12}, got 1e-09'),
        ([OWN | {"inputs": {}}], "inputs must be a list, got {}"),
        ([OWN | {"inputs": [3]}], "arguments are a list, also of one, got 3"),
        ([PLUS | {"atol": True}], "atol must be a number, got True"),
        ([OWN | {"signature": "lambda: 0"}], "is not the head of one function"),
        (
            [OWN | {"inputs": [[[[1, 2, 3]], {}]]}],
            r"\[1, 2, 3\] has 3 items, expected 2",
        ),
        ([OWN | {"inputs": [[[], {"a": 1.0}]]}], "the key 'a' is no int"),
        (
            [OWN | {"signature": "def sums(pairs: set, scale: dict) -> list"}],
            r"line 1: \[\[1, 2\], \[3, 4\]\] cannot be a set, .*: say in its type .* such as set\[tuple\[int, int\]\]",
        ),
        (
            [PLUS | {"assertion": "assert swap({1}) == 1", "base_input": [[[[1, 2]]]]}],
            r"line 1: \[\[1, 2\]\] cannot be a set",
        ),
    ],
)
def test_a_mistake_in_a_file_is_told_with_its_line(tmp_path: Path, rows: list[object], told: str) -> None:
    """File, line, key and remedy, before anything is paid."""
    with pytest.raises(TaskFileError, match=told) as raised:
        from_jsonl(written(tmp_path, *rows))
    assert str(tmp_path / "tasks.jsonl") in str(raised.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(TaskFileError, match=r"nothing\.jsonl: there is no such file"):
        from_jsonl(tmp_path / "nothing.jsonl")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("dict[str, List[int]]", dict[str, list[int]]),
        ("Optional[Tuple[int, ...]]", tuple[int, ...] | None),
        ("typing.Union[int, str]", int | str),
        ("np.ndarray", np.ndarray),
        ("None", None),
        ("frozenset[bytes]", frozenset[bytes]),
    ],
)
def test_types_are_read_from_their_text(text: str, form: object) -> None:
    """By a table: no text is evaluated."""
    assert parse_form(text) == form


def test_a_text_that_is_no_type_is_refused() -> None:
    """Whatever Python would make of it."""
    for text in ("__import__('os')", "list[int]()", "os.system", ""):
        with pytest.raises(FormError, match="is no type that values may have"):
            parse_form(text)


def test_values_of_json_become_what_a_type_says() -> None:
    """Tuples, sets, bytes, keys that are numbers, floats, arrays."""
    assert from_json([[1, 2], None], tuple[tuple[int, ...], int | None]) == ((1, 2), None)
    assert from_json({"1": [2]}, dict[int, set[int]]) == {1: {2}}
    assert from_json("a", bytes) == b"a"
    assert repr(from_json([1], list[float])) == "[1.0]"
    assert from_json([1.5, 2], np.ndarray).sum() == 3.5
    assert from_json({"true": 1, "false": 2}, dict[bool, int]) == {True: 1, False: 2}
    assert from_json([1], list) == [1]
    assert from_json(["a"], int | str) == ["a"]


def test_values_of_json_become_like_samples() -> None:
    """A list becomes a tuple or a set where all samples have one, also inside dicts; all else stays as it is."""
    assert like([{"a": (1, 2)}, {"b": (3,)}])({"c": [4, 5], "d": 6}) == {"c": (4, 5), "d": 6}
    assert like([{1, 2}])([3, 3]) == {3}
    assert like([(1,), [2]])([3]) == [3]
    assert like([])("text") == "text"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (PLUS | {"base_input": [], "plus_input": {}}, "it has no inputs"),
        (PLUS | {"entry_point": "turn"}, r"its canonical solution does not define turn\(\)"),
        (MBPP | {"test_list": ["assert max(1, 2) == 2", "assert ("]}, "its tests call no function"),
    ],
)
def test_a_row_that_is_no_task_is_left_out_with_its_reason(tmp_path: Path, row: object, why: str) -> None:
    """The other rows of the file are used."""
    tasks = from_jsonl(written(tmp_path, row, HUMAN))
    assert [task.name for task in tasks] == ["Human/0"]
    assert re.search(why, str(tasks.left_out[0]))


def test_what_is_left_out_is_called_as_its_task_is(tmp_path: Path) -> None:
    """In every form, also where a row has a key ``name`` beside."""
    tasks = from_jsonl(
        written(
            tmp_path,
            MBPP | {"test_list": ["assert max(1, 2) == 2"]},
            MBPP | {"task_id": 6, "challenge_test_list": ["assert plus(open('a')) == 1"]},
            RANDOM | {"name": "half"},
            HUMAN | {"name": "half"},
        )
    )
    assert [task.name for task in tasks] == ["Mbpp/6", "Human/0"]
    assert [each.name for each in tasks.left_out] == ["Mbpp/5", "Mbpp/6", "Human/2"]


@pytest.mark.parametrize(
    ("row", "note"),
    [
        (
            PLUS | {"assertion": "assert swap(open('a')) == 1"},
            "its assertion is left out, its inputs are not",
        ),
        (
            MBPP | {"challenge_test_list": ["assert plus(open('a')) == 1"]},
            "its challenge_test_list is left out",
        ),
    ],
)
def test_what_of_a_task_cannot_be_lifted_is_told_and_the_task_is_used(
    tmp_path: Path, row: object, note: str
) -> None:
    """A part that is not understood takes nothing else away."""
    tasks = from_jsonl(written(tmp_path, row))
    assert len(tasks) == 1
    assert note in str(tasks.left_out[0])


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'{"a": "\xe9"}', "byte 7 is not UTF-8, which JSON lines are"),
        (gzip.compress(b'{"a": 1}' * 99)[:-9], "cannot be read: "),
        (b"\n[1]\n", r"line 2: it is no JSON object, got \[1\]"),
        (b'{"a": }\n', "line 1: it is no JSON .*each line is one JSON object"),
        (b'{"a": %s}\n' % (b"1" * 1_000_001), "a number of 1,000,001 digits; 1,000,000 are allowed"),
    ],
    ids=["latin", "cut", "a list", "no JSON", "a huge number"],
)
def test_a_damaged_file_is_told_with_its_place(tmp_path: Path, data: bytes, told: str) -> None:
    """Bytes that are no text, a compressed file that was cut off, and lines that are no row each have their words."""
    path = tmp_path / "tasks.jsonl"
    path.write_bytes(data)
    with pytest.raises(TaskFileError, match=told) as raised:
        from_jsonl(path)
    assert str(path) in str(raised.value)
