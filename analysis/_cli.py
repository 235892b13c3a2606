"""The command line: what it takes, and which step answers. Nothing here prints.

Whatever needs a numerical library is imported where it is used: help and mistaken options answer at once.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from ._command_name import COMMAND, version
from ._errors import AnalysisError
from ._files import write_whole
from ._presentation.csv_cells import csv_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._analysis import Analysis, Options
    from ._reading.frames import Results

COMMANDS = {
    "plan": "designs for the next experiment side by side: programs, dollars, hours, power",
    "look": "a group-sequential look: stop or go on",
    "compare": "old and new pytest-benchmark files of any project: is a benchmark faster?",
    "negative": "the negative control (A/A): how often tests find a difference where there is none",
}


class CommandResult(Protocol):
    """What a command found, as plain values; `_texts` has the words for people."""

    def document(self) -> dict[str, Any]:
        """Return plain values for JSON."""


class _Parser(argparse.ArgumentParser):
    """Raise instead of exiting; ``__main__`` decides how to end."""

    def error(self, message: str) -> NoReturn:
        raise AnalysisError(f"{message}\n{self.format_usage().strip()}")


class _Version(argparse.Action):
    """Print the version and end, as ``--help`` does: no results are needed."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        """End with the version, which is looked up only when asked for."""
        sys.stdout.write(f"{version()}\n")
        parser.exit()


def parser(command: str | None) -> argparse.ArgumentParser:
    """Return the parser of a command, or of the analysis itself."""
    name = COMMAND + (f" {command}" if command else "")
    about = COMMANDS[command] if command else "Analyse the results of one study."
    root = _Parser(
        prog=name,
        description=about,
        epilog=None if command else _others(),
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("--version", action=_Version, nargs=0, help="print the version and end")
    if command == "compare":
        _step(command).add_arguments(root)
        return root
    root.add_argument(
        "results", nargs="+", metavar="RESULTS", help="benchmark JSON, or a CSV of measurements"
    )
    root.add_argument(
        "--response",
        choices=("log", "seconds", "ratio", "cpu", "passed"),
        help="how times are compared: log (ratios of geometric means), seconds, ratio (to the reference), cpu (CPU "
        "seconds); passed puts pass rates first (default: log; seconds where --effect is a plain number)",
    )
    root.add_argument(
        "--type",
        type=int,
        choices=(1, 2, 3),
        default=2,
        help="type of the sums of squares (default: %(default)s)",
    )
    root.add_argument(
        "--model", metavar="FORMULA", help="such as agents*optimization (default: all factors crossed)"
    )
    root.add_argument(
        "--effect",
        metavar="D",
        help="the difference worth finding, for power and planning: 25%% or 1.25x (a ratio), or a plain number in "
        "the unit of the response (without --response: seconds; of pass rates where the study puts these first)",
    )
    root.add_argument("--alpha", type=float, default=0.05, help="type I error rate (default: %(default)s)")
    root.add_argument("--power", type=float, default=0.8, help="power to aim at (default: %(default)s)")
    root.add_argument(
        "--contrast",
        action="append",
        metavar="TEXT",
        help='a planned contrast, such as "agents: 1 - 3"; may be repeated (default: the ends of every factor)',
    )
    root.add_argument(
        "--means",
        metavar="M,M,...",
        help="means of the treatments, in their order: a pattern of your own beside the usual ones",
    )
    root.add_argument(
        "--margin",
        type=float,
        metavar="M",
        help="the difference that does not matter, for equivalence: a ratio such as 1.25 where logarithms are "
        "compared, otherwise in the unit of the response",
    )
    root.add_argument(
        "--tasks",
        choices=("random", "fixed"),
        help="whether several tasks are a sample of tasks, or all that matters (default: random from 5 tasks on)",
    )
    root.add_argument(
        "--nested",
        type=int,
        action="append",
        metavar="TURN",
        help="compare the programs after that turn with those that the same trajectories end with, by differences "
        "within trajectories (where turns on the way were timed); may be repeated",
    )
    root.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    if command is None:
        root.add_argument(
            "--out", type=_directory, metavar="DIR", help="write report.html, figures and tidy CSVs to DIR"
        )
        root.add_argument(
            "--trajectories",
            type=_directory,
            metavar="DIR",
            help="folder of the programs with their trajectories: trajectories.html, to read their turns, beside the "
            "report",
        )
    else:
        _step(command).add_arguments(root)
    return root


def _directory(text: str) -> Path:
    if not text.strip():
        raise AnalysisError("the name of the directory is empty")
    return Path(text)


def _others() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {COMMAND} {name:{width}}  {about}" for name, about in COMMANDS.items()]
    return "other commands (each with --help):\n" + "\n".join(lines)


def _step(command: str) -> Any:  # noqa: ANN401 - a module
    if command == "plan":
        from ._commands import plan  # noqa: PLC0415

        return plan
    if command == "compare":
        from ._commands import compare  # noqa: PLC0415

        return compare
    if command == "look":
        from ._commands import look  # noqa: PLC0415

        return look
    from ._commands import negative_control  # noqa: PLC0415

    return negative_control


def _texts(command: str) -> Any:  # noqa: ANN401 - a module
    if command == "plan":
        from ._presentation import terminal_plan  # noqa: PLC0415

        return terminal_plan
    if command == "compare":
        from ._presentation import terminal_compare  # noqa: PLC0415

        return terminal_compare
    if command == "look":
        from ._presentation import terminal_look  # noqa: PLC0415

        return terminal_look
    from ._presentation import terminal_negative  # noqa: PLC0415

    return terminal_negative


def options(args: argparse.Namespace) -> Options:
    """Return what the user asked for.

    Raises
    ------
    AnalysisError : a value is out of range or can't be read.
    """
    from ._analysis import Options  # noqa: PLC0415
    from ._power.effect_sizes import parse_effect  # noqa: PLC0415

    effect, is_ratio = (None, False) if args.effect is None else parse_effect(args.effect)
    response = args.response
    if is_ratio:
        if response == "passed":
            raise AnalysisError(
                f"--effect {args.effect}: that is a ratio of times; give a difference of pass rates, such as 0.2 (20 "
                "points)"
            )
        if response in {"seconds", "cpu"}:
            raise AnalysisError(
                f"--effect {args.effect}: that is a ratio, and --response {response} compares differences; leave "
                "--response out, or give the effect in seconds"
            )
        response = response or "log"
    means = None if args.means is None else tuple(_number(part, "--means") for part in args.means.split(","))
    if means is not None and effect is None:
        raise AnalysisError(
            "--means is for power and planning; say with --effect which difference the contrasts should find"
        )
    return Options(
        response=response,
        type=args.type,
        model=args.model,
        effect=effect,
        alpha=args.alpha,
        power=args.power,
        contrasts=None if args.contrast is None else tuple(args.contrast),
        means=means,
        margin=args.margin,
        tasks=args.tasks,
        nested=tuple(args.nested or ()),
    )


def _number(text: str, option: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise AnalysisError(f"{option}: {text.strip()!r} is not a number") from None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What to print on standard output."""

    text: str


def run(argv: Sequence[str], *, color: bool = False, width: int = 80) -> Output:
    """Answer a command line.

    Parameters
    ----------
    argv : arguments without the program's name.
    color : whether the reader is a terminal that shows colours.
    width : columns of that terminal.

    Raises
    ------
    AnalysisError : anything that the user can mend.
    SystemExit : after ``--help`` and ``--version``.
    """
    command = argv[0] if argv and argv[0] in COMMANDS else None
    args = parser(command).parse_args(argv[1:] if command else argv)
    if command == "compare":
        compared: CommandResult = _step(command).run(args)
        return Output(text=_json(compared.document()) if args.json else _texts(command).text(compared))
    if command is None and args.trajectories is not None and args.out is None and not args.json:
        raise AnalysisError(
            "--trajectories needs --out DIR, where trajectories.html is written beside the report, or --json"
        )
    chosen = options(args)
    from ._analysis import analyse  # noqa: PLC0415
    from ._reading.read import read_results, read_trajectories  # noqa: PLC0415

    trajectories = getattr(args, "trajectories", None)
    analysis = analyse(
        read_results(args.results),
        chosen,
        trajectories=read_trajectories(trajectories) if trajectories is not None else (),
    )
    if command is not None:
        result: CommandResult = _step(command).run(analysis, args)
        return Output(text=_json(result.document()) if args.json else _texts(command).text(result))
    written = write(analysis, args.out, trajectories=args.trajectories) if args.out is not None else ()
    if args.json:
        from ._presentation.document import document  # noqa: PLC0415

        return Output(text=_json(document(analysis)))
    from ._presentation.terminal import summary  # noqa: PLC0415

    return Output(text=summary(analysis, width=width, color=color, written=written))


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, allow_nan=False)


def write(analysis: Analysis, directory: Path, *, trajectories: Path | None = None) -> tuple[Path, ...]:
    """Write the report, its figures and the tidy frames; return what was written, the report first."""
    from ._report import write_report  # noqa: PLC0415

    try:
        directory.mkdir(parents=True, exist_ok=True)
        return (
            *write_report(analysis, directory, trajectories=trajectories),
            *_frames(analysis.results, directory),
        )
    except OSError as exc:
        raise AnalysisError(f"--out {directory}: can't be written: {exc}") from exc


def _frames(results: Results, directory: Path) -> list[Path]:
    from ._models.sample import times_by_program  # noqa: PLC0415

    times = times_by_program(results).set_axis(results.programs.index)
    frames = {
        "runs": results.runs,
        "programs": results.programs.assign(median_seconds=times["median_seconds"], ratio=times["ratio"]),
        "reference": results.reference,
        "turns": results.turns,
    }
    paths = []
    for name, frame in frames.items():
        if name in {"runs", "programs"} or len(frame):
            path = directory / f"{name}.csv"
            write_whole(path, csv_table(frame))
            paths.append(path)
    return paths
