"""Other people's tasks: files of JSON lines, each row recognised by its keys."""

from __future__ import annotations

import ast
import builtins
import dataclasses
from typing import TYPE_CHECKING, Any, Self

from refinery_plugin._study.task import Task, TaskError
from refinery_plugin._study.tolerance import Close, CloseError
from refinery_plugin._syntax import UNUSABLE, parse
from refinery_plugin._tasks.forms import FormError, from_json, like, parse_form
from refinery_plugin._tasks.json_lines import TaskFileError, read_rows
from refinery_plugin._tasks.lift import Assertion, Assertions, NotLiftedError, lift

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

FENCE = "```python\n"
"""What a prompt that is code begins with."""
_PLUS_RTOL, _PLUS_ATOL = 1e-7, 1e-6


@dataclasses.dataclass(frozen=True, slots=True)
class LeftOut:
    """A task, or a part of one, that cannot be used, and why."""

    name: str
    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} ({self.where}): {self.reason}"


class TaskFile(tuple[Task, ...]):  # noqa: SLOT001 - it has an attribute
    """The tasks of a file, and in ``left_out`` what of the file cannot be used, with its reason."""

    left_out: tuple[LeftOut, ...]

    def __new__(cls, tasks: Iterable[Task], left_out: Iterable[LeftOut] = ()) -> Self:
        """Keep both."""
        file = super().__new__(cls, tasks)
        file.left_out = tuple(left_out)
        return file


class _UnusableError(Exception):
    """This task cannot be used; the others of the file can."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Form:
    """A kind of rows: the keys that it is recognised by, what makes a task of one, and what that task is called."""

    name: str
    keys: tuple[str, ...]
    make: Callable[[Mapping[str, Any], list[str]], Task]
    called: str = "{task_id}"


def read_tasks(path: Path) -> TaskFile:
    """Read all tasks of a file of JSON lines, which may be compressed (``.gz``).

    Nothing of what the file holds is run here: references run in the sandbox, and of tests only that is taken which
    can be told from their text.

    Raises
    ------
    TaskFileError : the file cannot be read, or a row is not what it should be.
    """
    tasks: dict[str, Task] = {}
    left_out: list[LeftOut] = []
    for number, row in read_rows(path):
        where = f"{path}, line {number}"
        form = _form_of(row, where)
        name = form.called.format_map(row)
        notes: list[str] = []
        try:
            task = form.make(row, notes)
        except (_UnusableError, NotLiftedError) as exc:
            left_out.append(LeftOut(name, f"line {number}", str(exc)))
            continue
        except (TaskError, FormError, CloseError) as exc:
            raise TaskFileError(f"{where}: {exc}") from exc
        left_out += [LeftOut(name, f"line {number}", note) for note in notes]
        if name in tasks:
            raise TaskFileError(f"{where}: two tasks of the file are called {name!r}; rename one")
        tasks[name] = task
    if not tasks and not left_out:
        raise TaskFileError(f"{path}: there is no row in it; each line is one task as a JSON object")
    return TaskFile(tasks.values(), left_out)


def _form_of(row: Mapping[str, Any], where: str) -> _Form:
    for form in FORMS:
        if set(form.keys) <= row.keys():
            return form
    nearest = max(FORMS, key=lambda form: len(set(form.keys) & row.keys()) / len(form.keys))
    missing = [key for key in nearest.keys if key not in row]
    raise TaskFileError(
        f"{where}: there is no form of rows with the keys {', '.join(list(row)[:12]) or '(none)'}; for the nearest, "
        f"{nearest.name}, it lacks {', '.join(missing)}. Add them, or write the row as docs/reference/tasks-jsonl.md "
        "says"
    )


def _text_of(row: Mapping[str, Any], key: str) -> str:
    value = row[key]
    if not isinstance(value, str):
        raise TaskError(f"{key} must be text, got {value!r:.60}")
    return value


# Our own form -------------------------------------------------------------------------------------------------------

_OWN = frozenset(
    {
        "name",
        "prompt",
        "signature",
        "reference",
        "examples",
        "inputs",
        "result_type",
        "equality",
        "close",
        "version",
    }
)


def _own(row: Mapping[str, Any], _notes: list[str]) -> Task:
    if unknown := sorted(row.keys() - _OWN):
        raise TaskError(f"there is no key {unknown[0]!r}; known are {', '.join(sorted(_OWN))}")
    signature = _text_of(row, "signature")
    forms, returned = _hints(signature)
    if "result_type" in row:
        returned = parse_form(_text_of(row, "result_type"))
    close = row.get("close")
    if not (close is None or (isinstance(close, dict) and close.keys() <= {"rtol", "atol"})):
        raise TaskError(f'close must be like {{"rtol": 1e-9, "atol": 1e-12}}, got {close!r:.60}')
    examples = _list_of(row, "examples")
    for pair in examples:
        if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], list)):  # noqa: PLR2004
            raise TaskError(f"examples are pairs [[argument, ...], expected], got {pair!r:.60}")
    return Task(
        name=_text_of(row, "name"),
        prompt=_text_of(row, "prompt"),
        signature=signature,
        result_type=returned,
        reference=_text_of(row, "reference"),
        examples=[(_arguments(pair[0], forms), from_json(pair[1], returned)) for pair in examples],
        inputs=[_arguments(given, forms) for given in _list_of(row, "inputs")],
        equality=row.get("equality", "python"),
        close=None if close is None else Close(**close),
        version=str(row.get("version", "1")),
        foreign=True,
    )


def _list_of(row: Mapping[str, Any], key: str) -> list[Any]:
    value = row.get(key, [])
    if not isinstance(value, list):
        raise TaskError(f"{key} must be a list, got {value!r:.60}")
    return value


def _arguments(given: object, forms: list[Any]) -> tuple[object, ...]:
    if not isinstance(given, list):
        raise TaskError(f"arguments are a list, also of one, got {given!r:.60}")
    return tuple(
        from_json(value, forms[place] if place < len(forms) else Any) for place, value in enumerate(given)
    )


def _hints(signature: str) -> tuple[list[Any], Any]:
    """Return the types of parameters and result that a signature tells; ``Any`` where it tells none."""
    function = _head(f"{signature.strip().rstrip(':')}: ...")
    if function is None:
        return [], Any
    arguments = [*function.args.posonlyargs, *function.args.args]
    hints = [argument.annotation for argument in arguments]
    forms = [Any if hint is None else parse_form(ast.unparse(hint)) for hint in hints]
    return forms, Any if function.returns is None else parse_form(ast.unparse(function.returns))


def _head(source: str) -> ast.FunctionDef | None:
    try:
        body = parse(source).body
    except UNUSABLE:
        return None
    return next((node for node in body if isinstance(node, ast.FunctionDef)), None)


# HumanEval and what is made after it --------------------------------------------------------------------------------


def _human_eval(row: Mapping[str, Any], _notes: list[str]) -> Task:
    solution = _Solution.of(row)
    assertions = lift(_text_of(row, "test"), entry_point=solution.entry_point, parameters=solution.parameters)
    return solution.task(**_rules(assertions))


def _plus(row: Mapping[str, Any], notes: list[str]) -> Task:
    solution = _Solution.of(row)
    given = [_inputs(row.get(key), key) for key in ("base_input", "plus_input")]
    assertions: tuple[Assertion, ...] = ()
    if isinstance(row.get("assertion"), str):
        try:
            assertions = lift(
                row["assertion"], entry_point=solution.entry_point, parameters=solution.parameters
            )
        except NotLiftedError as exc:
            notes.append(f"its assertion is left out, its inputs are not: {exc}")
    if assertions and not all(each.example for each in assertions):
        if count := sum(map(len, given)) - len(assertions):
            notes.append(
                f"{count} of its inputs are left out: its results are not compared by ==, but by "
                f"'assert {assertions[0].text:.80}'"
            )
        return solution.task(**_rules(assertions))
    asserted = _like_asserted([each.arguments for each in assertions])
    inputs = [asserted(arguments) for group in given for arguments in group]
    if not inputs:
        raise _UnusableError("it has no inputs")
    atol = row.get("atol") or 0
    if isinstance(atol, bool) or not isinstance(atol, (int, float)):
        raise TaskError(f"atol must be a number, got {atol!r:.60}")
    return solution.task(inputs=inputs, close=Close(rtol=_PLUS_RTOL, atol=atol or _PLUS_ATOL))


_MBPP_CALLED = "Mbpp/{task_id}"


def _mbpp(row: Mapping[str, Any], notes: list[str]) -> Task:
    tests = [test for test in _list_of(row, "test_list") if isinstance(test, str)]
    code = _text_of(row, "code")
    entry_point = _called(tests)
    if entry_point is None:
        raise _UnusableError("its tests call no function")
    prompt = str(row.get("prompt") or row.get("text") or "")
    whole = {**row, "task_id": _MBPP_CALLED.format_map(row), "prompt": prompt}
    solution = _Solution.of({**whole, "canonical_solution": code, "entry_point": entry_point})
    assertions = lift("\n".join(tests), entry_point=entry_point, parameters=solution.parameters)
    for key in ("challenge_test_list", "test"):
        further = row.get(key)
        text = "\n".join(map(str, further)) if isinstance(further, list) else further
        if isinstance(text, str) and text.strip():
            try:
                assertions += lift(text, entry_point=entry_point, parameters=solution.parameters)
            except NotLiftedError as exc:
                notes.append(f"its {key} is left out, its test_list is not: {exc}")
    return solution.task(**_rules(assertions))


def _called(tests: list[str]) -> str | None:
    """Return the name of the first function that a test calls and that is no built-in one."""
    for test in tests:
        try:
            tree = parse(test)
        except UNUSABLE:
            continue
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and not hasattr(builtins, node.func.id)
            ):
                return node.func.id
    return None


def _rules(assertions: tuple[Assertion, ...]) -> dict[str, Any]:
    """Return what of a task says the same as assertions: examples, or a check where they are about more than ``==``."""
    examples = [each.example for each in assertions]
    if all(examples):
        tolerances = [each.atol for each in assertions if each.atol is not None]
        if not tolerances:
            return {"examples": examples}
        return {
            "examples": examples,
            "close": Close(rtol=_PLUS_RTOL, atol=max(tolerances) or _PLUS_ATOL),
        }
    unique = {repr(each.arguments): each.arguments for each in assertions}
    return {"inputs": list(unique.values()), "check": Assertions(assertions)}


def _inputs(value: object, key: str) -> list[list[Any]]:
    if value is None or value == {}:
        return []
    if not (isinstance(value, list) and all(isinstance(arguments, list) for arguments in value)):
        raise TaskError(f"{key} must be a list of lists of arguments, got {value!r:.60}")
    return value


def _like_asserted(asserted: list[tuple[object, ...]]) -> Callable[[list[Any]], tuple[object, ...]]:
    """Return what makes arguments of JSON like those of asserts: JSON has no tuples and no sets."""
    places = max(map(len, asserted), default=0)
    makers = [
        like([arguments[place] for arguments in asserted if place < len(arguments)])
        for place in range(places)
    ]
    return lambda given: tuple(
        makers[place](value) if place < places else value for place, value in enumerate(given)
    )


@dataclasses.dataclass(frozen=True, slots=True)
class _Solution:
    """What rows of all these forms have in common."""

    name: str
    prompt: str
    entry_point: str
    source: str
    head: str
    parameters: tuple[str, ...]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> _Solution:
        prompt, code = _text_of(row, "prompt"), _text_of(row, "canonical_solution")
        entry_point = _text_of(row, "entry_point")
        for source in (code, prompt + code, f"{prompt}\n{code}"):
            function = _defined(source, entry_point)
            if function is not None:
                break
        else:
            raise _UnusableError(f"its canonical solution does not define {entry_point}()")
        arguments = [*function.args.posonlyargs, *function.args.args]
        function.body, function.decorator_list = [ast.Expr(ast.Constant(...))], []
        head = ast.unparse(function).removesuffix("...").strip().removesuffix(":")
        return cls(
            name=str(row["task_id"]),
            prompt=prompt,
            entry_point=entry_point,
            source=source,
            head=head,
            parameters=tuple(argument.arg for argument in arguments),
        )

    def task(self, **rules: Any) -> Task:  # noqa: ANN401 - fields of a task
        """Return the task."""
        description = self.prompt.strip()
        if _defined(f"{self.prompt}\n    pass\n", self.entry_point) is not None:
            description = f"Complete this function as its text says:\n\n{FENCE}{description}\n```"
        return Task(
            name=self.name,
            prompt=description or f"Write {self.entry_point}().",
            signature=self.head,
            result_type=Any,
            reference=self.source,
            foreign=True,
            **rules,
        )


def _defined(source: str, name: str) -> ast.FunctionDef | None:
    """Return the function of that name which a module's top level defines last."""
    try:
        body = parse(source).body
    except UNUSABLE:
        return None
    functions = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == name]
    return functions[-1] if functions else None


_SOLVED = ("task_id", "prompt", "entry_point", "canonical_solution")
FORMS = (
    _Form("our own", ("name", "prompt", "signature", "reference"), _own, "{name}"),
    _Form("HumanEval+ or MBPP+", (*_SOLVED, "base_input"), _plus),
    _Form("HumanEval", (*_SOLVED, "test"), _human_eval),
    _Form("MBPP", ("task_id", "code", "test_list"), _mbpp, _MBPP_CALLED),
)
"""Forms of rows; the first whose keys a row has is its form."""
