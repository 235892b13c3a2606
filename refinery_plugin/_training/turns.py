"""The turns of a study as they were: what was sent, what came back, and what became of the program in it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from refinery_plugin._errors import RefineryError
from refinery_plugin._study.task_names import task_folder
from refinery_plugin._study.trajectory_file import read_document
from refinery_plugin._training.completion import text_of
from refinery_plugin._training.log_ratio import BetweenLists, LogRatio

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


_NOT_JUDGED = "turns that were not judged (--refinery-turns judges all)"
_OTHER = "turns whose cassette is that of another recording"
_WORDS = "turns that were asked for criticism, not for a program"


class ExportError(RefineryError):
    """Nothing can be exported from these files."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ExportedTurn:
    """One request, its answer, and what was found of the program in it.

    ``prompt`` are the messages that were sent, ``answer`` is the text that came back. ``columns`` say where it comes
    from and what was found, ``degrees`` are the degrees of freedom of its ``noise``.
    """

    prompt: Sequence[Mapping[str, Any]]
    answer: str
    columns: Mapping[str, Any]
    degrees: int = 0

    @property
    def key(self) -> str:
        """The prompt as one text: turns with the same one can be compared."""
        return json.dumps(self.prompt, sort_keys=True)

    @property
    def task(self) -> str:
        """Name of its task."""
        return str(self.columns["task"])

    @property
    def correct(self) -> bool:
        """Whether its program is correct."""
        return bool(self.columns["verdict"] == "correct")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ExportedTurns:
    """All turns that can be told of; ``left_out`` says why others can't, and of how many."""

    study: str
    judged_by: Mapping[str, Any]
    turns: Sequence[ExportedTurn]
    left_out: Mapping[str, int]


def read_turns(
    results: Path, *, programs: Path | None = None, cassettes: Path | None = None
) -> ExportedTurns:
    """Read the turns of a study.

    Parameters
    ----------
    results : the benchmark file.
    programs : folder of the study's programs and trajectories; by default where pytest puts them.
    cassettes : folder of its recorded exchanges; by default where pytest puts them.

    Raises
    ------
    ExportError : when a file is not there or not as it should be.
    """
    document = _results(results)
    refinery = document["refinery"]
    study = refinery["study"]["name"]
    programs = programs or Path("tests/test_generated/programs") / study
    cassettes = cassettes or Path("cassettes") / study
    for folder, what in ((programs, "--programs"), (cassettes, "--cassettes")):
        if not folder.is_dir():
            raise ExportError(
                f"there is no folder {folder}, which has the turns of study {study!r}; name it by {what}, or make it "
                "again with pytest --refinery-generate"
            )
    verdicts = _verdicts(document)
    left_out: dict[str, int] = defaultdict(int)
    turns: list[ExportedTurn] = []
    for entry in _trajectories(refinery["programs"]):
        folder = Path(task_folder(entry["task"])) if entry.get("task") else Path()
        name = Path(entry["file"]).stem
        trajectory = read_document(programs / folder / f"{name}.json") or read_document(
            programs / f"{name}.json"
        )
        cassette = read_document(cassettes / folder / f"{name}.json") or read_document(
            cassettes / f"{name}.json"
        )
        if trajectory is None or cassette is None:
            left_out["programs without a recorded trajectory"] += 1
            continue
        for turn in _turns(entry, trajectory, cassette, verdicts, refinery):
            if isinstance(turn, str):
                left_out[turn] += 1
            else:
                turns.append(turn)
    judged_by = {name: refinery.get(name) for name in ("sandbox", "verifier", "versions", "seeds")}
    return ExportedTurns(study=study, judged_by=judged_by, turns=turns, left_out=dict(left_out))


def _results(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(document["refinery"]["programs"], list):
            raise TypeError  # noqa: TRY301
    except OSError as exc:
        raise ExportError(f"{path} cannot be read: {exc.strerror or exc}") from exc
    except (ValueError, KeyError, TypeError) as exc:
        raise ExportError(
            f"{path} is no benchmark file with programs of a study; make one with pytest --benchmark-only "
            f"--benchmark-json={path}"
        ) from exc
    return dict(document)


def _trajectories(programs: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield one entry of each trajectory: with ``--refinery-turns`` there is one for each turn, too."""
    seen = set()
    for entry in programs:
        key = (entry.get("task"), entry["file"])
        if entry.get("treatment") is not None and key not in seen:
            seen.add(key)
            yield entry


def _verdicts(document: Mapping[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return verdict, ratio, noise and the noise's degrees of freedom of each program, by its task and checksum."""
    refinery = document["refinery"]
    whole = refinery.get("task")
    reference = {
        (entry.get("task", whole), entry["session"], entry["block"], entry["list"]): entry["seconds"]
        for entry in refinery.get("reference", ())
    }
    # A program that several trajectories have is timed for each of them, beside one and the same reference.
    runs: dict[tuple[str, str], dict[tuple[Any, ...], list[float]]] = defaultdict(lambda: defaultdict(list))
    for benchmark in document.get("benchmarks", ()):
        info = benchmark.get("extra_info", {})
        place = (info.get("task", whole), info.get("session"), info.get("block"), info.get("list"))
        if info.get("sha256") and reference.get(place):
            runs[info.get("task", whole), info["sha256"]][place] += benchmark["stats"]["data"]
    by_task: dict[str, list[LogRatio]] = defaultdict(list)
    ratios = {
        key: LogRatio.of((seconds, reference[place]) for place, seconds in places.items())
        for key, places in runs.items()
    }
    for (task, _), ratio in ratios.items():
        by_task[task].append(ratio)
    between = {task: BetweenLists.of(those) for task, those in by_task.items()}
    verdicts = {}
    for entry in refinery["programs"]:
        if entry.get("sha256"):
            key = (entry.get("task", whole), entry["sha256"])
            ratio = ratios.get(key, LogRatio())
            noise, degrees = between.get(key[0], BetweenLists()).noise_of(ratio)
            verdicts[key] = {
                "verdict": entry["verdict"],
                "ratio": ratio.ratio,
                "noise": noise,
                "degrees": degrees,
            }
    return verdicts


def _turns(
    entry: Mapping[str, Any],
    trajectory: Mapping[str, Any],
    cassette: Mapping[str, Any],
    verdicts: Mapping[tuple[str, str], Mapping[str, Any]],
    refinery: Mapping[str, Any],
) -> Iterator[ExportedTurn | str]:
    """Yield each turn that was answered, or why it is left out."""
    task = str(entry.get("task") or refinery.get("task") or trajectory.get("task"))
    for turn in trajectory["turns"]:
        exchange = _exchange(cassette, turn)
        if exchange is None:
            continue
        if not _is_recorded_for(turn, exchange.seed, trajectory):
            yield _OTHER
            continue
        if turn.get("outcome") == "words":
            yield _WORDS
            continue
        program = turn.get("program")
        sha256 = (
            None if program is None else hashlib.sha256(program.encode("utf-8", "surrogatepass")).hexdigest()
        )
        what: Mapping[str, Any] | None = {
            "verdict": "no_program",
            "ratio": None,
            "noise": None,
            "degrees": 0,
        }
        if sha256 is not None:
            what = verdicts.get((task, sha256))
        if what is None:
            yield _NOT_JUDGED
            continue
        yield ExportedTurn(
            prompt=exchange.prompt,
            answer=exchange.answer,
            degrees=what["degrees"],
            columns={
                "study": refinery["study"]["name"],
                "task": task,
                "task_checksum": _checksum(refinery, task),
                "treatment": entry["treatment"],
                "replicate": entry["replicate"],
                "turn": turn["turn"],
                "agent": turn["agent"],
                "model": turn["model"],
                **{name: what[name] for name in ("verdict", "ratio", "noise")},
                "sha256": sha256,
                "tokens": (turn.get("prompt_tokens") or 0) + (turn.get("completion_tokens") or 0),
                "usd": turn.get("cost_usd"),
            },
        )


def _checksum(refinery: Mapping[str, Any], task: object) -> object:
    checksum = refinery.get("task_checksum")
    tasks = refinery.get("tasks")
    if checksum is None and isinstance(tasks, list):
        checksum = next(
            (one.get("checksum") for one in tasks if isinstance(one, dict) and one.get("name") == task), None
        )
    return checksum


@dataclasses.dataclass(frozen=True, slots=True)
class _Exchange:
    """What was sent, the text that came back, and the request's seed, if it has one."""

    prompt: Sequence[Mapping[str, Any]]
    answer: str
    seed: int | None


def _exchange(cassette: Mapping[str, Any], turn: Mapping[str, Any]) -> _Exchange | None:
    """Return what a cassette has of a turn, one exchange for each in their order; None where it got no answer."""
    try:
        exchange = cassette["interactions"][turn["turn"] - 1]
        body = json.loads(exchange["request"]["body"])
        message = json.loads(exchange["response"]["body"]["string"])["choices"][0]["message"]
        return _Exchange(body["messages"], text_of(message), body.get("seed"))
    except (KeyError, IndexError, TypeError, ValueError):  # an error that was recorded, or a field left out
        return None


def _is_recorded_for(turn: Mapping[str, Any], seed: int | None, trajectory: Mapping[str, Any]) -> bool:
    """Return whether a request is this turn's: its seed says so, unless the study leaves it out or sends its own."""
    rules = trajectory.get("request", {}).get(turn["model"], {})
    return seed in (None, turn["seed"]) or "seed" in rules.get("extra", {})
