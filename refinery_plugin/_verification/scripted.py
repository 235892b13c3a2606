"""A sandbox without processes: what each does is written beforehand."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING, Self, TypeAlias

from refinery_plugin._sandbox import Outcome, SandboxFault, Usage
from refinery_plugin._sandbox.foreign_text import OTHER_TYPE
from refinery_plugin._sandbox.inside import codec
from refinery_plugin._sandbox.payload import Payload, decode_arguments, encode_arguments
from refinery_plugin._sandbox.results import WrongTypeError, read_result

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from refinery_plugin._sandbox import Limits

_RESULT_BYTES = 1 << 24
_QUIET = Usage(cpu_seconds=0.5, queue_seconds=0.0, revealed_seconds=0.75, peak_tasks=1)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedProcess:
    """What one process of a program does.

    An exception in the script is raised in its turn: a fault of the sandbox, never the program's.

    Parameters
    ----------
    load, hand_over : how the step fails; ``None`` where it does not.
    answer : what the call returns for its arguments, or how it ends; unless given, the program's own source is run,
        right here and uncontained.
    taking_seconds : what passes between the first byte of the data and the call.
    usage : what the process used in the end.
    """

    load: Outcome | Exception | None = None
    hand_over: Outcome | Exception | None = None
    answer: Callable[..., object] | Outcome | BaseException | None = None
    taking_seconds: float = 0.0
    usage: Usage = _QUIET


_Script: TypeAlias = "ScriptedProcess | Sequence[ScriptedProcess]"


class ScriptedSandbox:
    """A sandbox at whose port everything works and nothing is contained: only for programs that a test wrote.

    Keeps in ``started`` the source of each process in turn, in ``calls`` the source and arguments of each call, and in
    ``running`` how many processes are not closed yet.

    Parameters
    ----------
    scripts : by source, what its processes do: one script for all of them, or one each, of which the last is repeated.
        A program without a script is run as it is.

    Examples
    --------
    >>> from refinery_plugin.testing import Outcome, ScriptedProcess, ScriptedSandbox
    >>> late = ScriptedProcess(answer=Outcome(kind="timeout", reason="it did not answer within 1 s"))
    >>> with ScriptedSandbox({"def double(n): ...": late}) as sandbox:
    ...     process = sandbox.start(b"def double(n): ...", entry_point="double", result_type=int)
    ...     failure = process.load() or process.hand_over((2,), 1.0)
    ...     process.go(1.0).reason
    'it did not answer within 1 s'
    """

    name = "scripted"

    def __init__(self, scripts: Mapping[str, _Script] | None = None) -> None:
        self._scripts = {source.encode(): script for source, script in (scripts or {}).items()}
        self._counts: Counter[bytes] = Counter()
        self.started: list[bytes] = []
        self.calls: list[tuple[bytes, tuple[object, ...]]] = []
        self.running = 0
        self.closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def describe(self) -> str:
        """Say that nothing is contained."""
        return "scripted: nothing is contained"

    def start(
        self,
        source: bytes,
        *,
        entry_point: str,
        result_type: object,
        limits: Limits | None = None,
        exact: bool = True,
        arrays: bool = False,
    ) -> ScriptedSandboxProcess:
        """Start the next process of the program's script."""
        del limits, arrays
        script = self._scripts.get(source, ScriptedProcess())
        if not isinstance(script, ScriptedProcess):
            script = script[min(self._counts[source], len(script) - 1)]
        self._counts[source] += 1
        self.started.append(source)
        self.running += 1
        return ScriptedSandboxProcess(
            self, source, script=script, entry_point=entry_point, result_type=result_type, exact=exact
        )

    def close(self) -> None:
        """Remember that it was closed."""
        self.closed = True


class ScriptedSandboxProcess:
    """A process of a ``ScriptedSandbox``."""

    def __init__(
        self,
        sandbox: ScriptedSandbox,
        source: bytes,
        *,
        script: ScriptedProcess,
        entry_point: str,
        result_type: object,
        exact: bool,
    ) -> None:
        self._exact = exact
        self._sandbox = sandbox
        self._source = source
        self._script = script
        self._entry_point = entry_point
        self._result_type = result_type
        self._arguments: tuple[object, ...] | None = None
        self._function: Callable[..., object] | None = None
        self._closed = False
        self.taking_seconds = 0.0

    def load(self, timeout: float | None = None) -> Outcome | None:
        """Import the program, or fail as the script says."""
        del timeout
        if (failure := _played(self._script.load)) is not None:
            return failure
        if self._script.answer is None:
            try:
                namespace: dict[str, object] = {"__name__": "solution"}
                exec(compile(self._source, "<program>", "exec"), namespace)  # noqa: S102 - a test's own program
                self._function = namespace[self._entry_point]  # type: ignore[assignment]
            except Exception as exc:  # noqa: BLE001 - whatever the program raises is the program's
                return _raised(exc)
        return None

    def settle(self, timeout: float) -> None:
        """Nothing is left running."""

    def hand_over(self, args: tuple[object, ...] | Payload, timeout: float) -> Outcome | None:
        """Take the arguments, or fail as the script says."""
        del timeout
        if (failure := _played(self._script.hand_over)) is not None:
            return failure
        self._arguments = decode_arguments(args if isinstance(args, Payload) else encode_arguments(args))
        self.taking_seconds = self._script.taking_seconds
        return None

    def go(self, timeout: float, *, credit: float | None = None, least: float = 0.0) -> Outcome:
        """Answer as the script says, or as the program does, at once: what is charged is not waited for."""
        del timeout, credit, least
        if self._arguments is None:
            raise SandboxFault("go() without hand_over(): a mistake of the caller")
        arguments, self._arguments = self._arguments, None
        self._sandbox.calls.append((self._source, arguments))
        answer = self._script.answer
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, Outcome):
            return answer
        function = answer or self._function
        if function is None:
            raise SandboxFault("go() without load(): a mistake of the caller")
        try:
            value = function(*arguments)
        except Exception as exc:  # noqa: BLE001 - whatever the program raises is the program's
            return _raised(exc)
        if isinstance(value, Outcome):
            return value
        try:
            data = codec.encode(value, _RESULT_BYTES, not self._exact)
            return Outcome(kind="value", value=read_result(data, self._result_type, exact=self._exact))
        except codec.CodecError as exc:
            return _other_type(f"the result {exc}")
        except WrongTypeError as exc:
            return _other_type(str(exc))

    def close(self) -> Usage:
        """Tell what the script says was used."""
        if not self._closed:
            self._closed = True
            self._sandbox.running -= 1
        return self._script.usage


def _played(step: Outcome | Exception | None) -> Outcome | None:
    if isinstance(step, Exception):
        raise step
    return step


def _raised(exc: Exception) -> Outcome:
    name = type(exc).__name__
    own = Outcome(kind="error", reason=name, error_type=name)
    return dataclasses.replace(own, reason=f"{name}: {exc}", own_words=own)


def _other_type(reason: str) -> Outcome:
    return Outcome(kind="wrong_type", reason=reason, own_words=Outcome(kind="wrong_type", reason=OTHER_TYPE))
