"""``python -m analysis``: prints, and ends with 0 (done), 2 (something to mend) or 130 (interrupted)."""

from __future__ import annotations

import io
import os
import shutil
import sys
from typing import TYPE_CHECKING

from ._cli import run
from ._errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH = 80


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(
            errors="backslashreplace"
        )  # a terminal that lacks a letter is no reason to end
    color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    width = min(_WIDTH, shutil.get_terminal_size((_WIDTH, 24)).columns) if sys.stdout.isatty() else _WIDTH
    try:
        print(run(sys.argv[1:] if argv is None else argv, color=color, width=width).text, flush=True)
    except AnalysisError as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader has gone (`| head`); keep the interpreter from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
