"""Run sessions without sandboxes in children that kill themselves at given moments, and go on with each; prints JSON.

A moment is a number of records in the journal: the child dies at the first call of a program after so many. Called
with a directory, a seed and the number of moments, in an interpreter of its own: it forks.
"""

from __future__ import annotations

import dataclasses
import json
import os
import random
import signal
import sys
from pathlib import Path

from doubles import PROGRAM, TASK
from test_scripted_sessions import LISTS, RUNS, Place, examine

from refinery_plugin._timing.fingerprint import ResumeError
from refinery_plugin._timing.journal import JournalError
from refinery_plugin.testing import ScriptedProcess, ScriptedSandbox

_MOST_RECORDS = 24


def _journal(place: Place) -> Path | None:
    return next(place.path.glob("journals/*.jsonl"), None)


def _killed(place: Place, moment: int) -> None:
    """Run two programs' session in a child until it kills itself."""

    def answer(number: int) -> int:
        journal = _journal(place)
        if journal is not None and journal.read_bytes().split(b"\0")[0].count(b"\n") >= moment:
            os.kill(os.getpid(), signal.SIGKILL)
        return 2 * number

    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        other = PROGRAM + "# b\n"
        process = ScriptedProcess(answer=answer)
        session = place.session(ScriptedSandbox({PROGRAM: process, other: process}))
        examine(session, place.unit("a"), place.unit("b", other))
        session.close()
    finally:
        os._exit(0)


def _cut(place: Place, rng: random.Random) -> None:
    """Lose the end of the last record, as when the power fails."""
    journal = _journal(place)
    if journal is not None:
        data = journal.read_bytes().split(b"\0")[0]
        last = len(data) - data.rstrip(b"\n").rfind(b"\n") - 1
        journal.write_bytes(data[: len(data) - rng.randint(1, last)])


def _changed(place: Place) -> str:
    """Go on with another task: what comes of it."""
    journal = _journal(place)
    before = None if journal is None else journal.read_bytes()
    task = dataclasses.replace(TASK, sample=lambda seed: (seed + 1,))
    try:
        session = place.session(ScriptedSandbox(), resumes=True, task=task)
        try:
            examine(session, place.unit("a"))
        finally:
            session.close()
    except (ResumeError, JournalError) as exc:
        kept = journal is not None and journal.read_bytes().startswith((before or b"").rpartition(b"\n")[0])
        return f"refused: {exc}" if kept else "refused, and the journal was changed"
    return "went on"


def _resumed(place: Place) -> dict[str, object]:
    """Go on with the same task: which runs there are, and whether those of before are among them."""
    journal = _journal(place)
    before = [] if journal is None else journal.read_bytes().split(b"\0")[0].splitlines()
    session = place.session(ScriptedSandbox(), resumes=True)
    findings = examine(session, place.unit("a"), place.unit("b", PROGRAM + "# b\n"))
    session.close()
    runs = [{number: len(found) for number, found in finding.runs.items()} for finding in findings]
    journals = list(place.path.glob("journals/*.jsonl"))
    after = journals[0].read_bytes().split(b"\0")[0].splitlines()
    whole = [line for line in before if _is_json(line)]
    return {
        "correct": all(finding.judgement.correct for finding in findings),
        "whole": runs == [dict.fromkeys(range(1, LISTS + 1), RUNS)] * 2,
        "journals": len(journals),
        "kept": after[: len(whole)] == whole,
        "told": len(before),
    }


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def main(directory: Path, seed: int, moments: int) -> None:
    """Try each moment; the order of the changed and the unchanged task is the user's."""
    rng = random.Random(seed)  # noqa: S311
    found = []
    for number, moment in enumerate(rng.sample(range(1, _MOST_RECORDS + 1), moments)):
        place = Place(directory / str(number))
        place.path.mkdir()
        _killed(place, moment)
        if number % 4 == 3:
            _cut(place, rng)
        changed = _changed(place)
        found.append({"moment": moment, "changed": changed, **_resumed(place)})
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
