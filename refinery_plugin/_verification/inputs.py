"""What programs are called with, and what they must answer; expected answers never leave this process."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

from refinery_plugin._errors import RefineryError
from refinery_plugin._sandbox import SandboxError, encode_arguments
from refinery_plugin._study.value_types import misfit
from refinery_plugin._verification.drawn_inputs import draw
from refinery_plugin._verification.dress import in_the_dress_of
from refinery_plugin._verification.equality import same
from refinery_plugin._verification.rules import rule_of
from refinery_plugin._verification.seeds import derived_seed
from refinery_plugin._verification.verdict import judge, shorten, show_arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from refinery_plugin._sandbox import Outcome, Payload
    from refinery_plugin._study.task import Arguments, Task
    from refinery_plugin._verification.verdict import Judgement, Rule

DISGUISED_LISTS = 4
"""Verification lists where no more lists are timed; else each timed list has one."""
VERIFIER = 6
"""Number of these rules; verdicts of other rules are not reused."""


_BRIEF_BITS = 64
"""Bits of an integer that a reason tells of a full-size list."""
_MOST_REFUSED = 20
"""So many inputs of a foreign task are left out before one is found that can be used."""


class BrokenReferenceError(RefineryError):
    """The task's reference fails on the task's own inputs."""


class UnusableInputError(BrokenReferenceError):
    """An input cannot be carried into the sandbox, or the reference has no answer to it there.

    ``why`` says of which input, and what is wrong, without the name of the task.
    """

    def __init__(self, task: str, said: str, why: str, remedy: str = "") -> None:
        super().__init__(f"task {task!r}: {said}: {why}{remedy}")
        self.why = why


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One input, encoded once, with the answer that is expected: whether a result is right is decided here alone.

    Parameters
    ----------
    answer : gives the expected answer; waits where that is still being computed.
    where : names the input in a reason.
    rule : the task's, by which a returned value is right.
    list_seed, sha256 : of a full-size list, ``sha256`` of its encoded form.
    """

    payload: Payload
    answer: Callable[[], object]
    where: str
    rule: Rule = same
    list_seed: int | None = None
    sha256: str | None = None

    @property
    def expected(self) -> object:
        """What must be returned; waits where that is still being computed."""
        return self.answer()

    def judge(self, outcome: Outcome) -> Judgement:
        """Judge a call on this input, or how it came to none.

        What a program says of a full-size list is not repeated, and neither are its answer and the right one unless
        they are a number: it may be the list itself, which whoever reads the reason could then know by heart.
        """
        if self.list_seed is not None:
            outcome = outcome.own_words or outcome
        judgement = judge(outcome, expected=self.expected, where=self.where, rule=self.rule)
        if judgement.correct:
            return judgement
        if self.list_seed is None:
            return dataclasses.replace(judgement, counterexample=self.where.removeprefix("for "))
        if outcome.ok and not (_is_a_number(outcome.value) and _is_a_number(self.expected)):
            reason = f"{self.where} it returned another value than expected"
            return dataclasses.replace(judgement, reason=reason)
        return judgement


def _is_a_number(value: object) -> bool:
    """Whether it is one number, of so few digits that no list is in it."""
    return type(value) in {bool, float} or (type(value) is int and value.bit_length() <= _BRIEF_BITS)


class Ask(Protocol):
    """Calls a task's reference in the sandbox."""

    def __call__(self, arguments: Arguments, /) -> object:
        """Return what the reference answers.

        Raises
        ------
        BrokenReferenceError : when it does not.
        """


class Answers:
    """What the reference answers. A task's own code is trusted, and runs in this process; foreign code never does.

    Parameters
    ----------
    ask : calls the reference in the sandbox, where it is foreign; without it answers that are asked for are refused.
    """

    def __init__(self, task: Task, *, ask: Ask | None = None) -> None:
        self._task = task
        self._ask = ask
        self._function = None if task.foreign else _function_of(task)

    def __call__(self, arguments: Arguments) -> object:
        """Return the expected answer; the arguments may be changed by it."""
        kept = encode_arguments(arguments) if self._task.check else None
        answer = self._answer(arguments)
        if wrong := misfit(answer, self._task.result_type):
            raise BrokenReferenceError(
                f"task {self._task.name!r}: the reference is not of its own result_type: "
                f"for {show_arguments(arguments)} {wrong}; mend one of the two"
            )
        said = True if kept is None else self.rule(kept)(answer, answer)
        if kept is not None and said is not True:
            raise BrokenReferenceError(
                f"task {self._task.name!r}: the reference does not pass the task's own check: "
                f"for {show_arguments(kept.arguments())} it returned {shorten(answer)}"
                f"{f': {said}' if said else ''}; mend one of the two"
            )
        return answer

    def _answer(self, arguments: Arguments) -> object:
        if self._function is None:
            if self._ask is None:
                raise RuntimeError(f"task {self._task.name!r}: a foreign reference needs a sandbox")
            return self._ask(arguments)
        try:
            return self._function(*arguments)
        except Exception as exc:
            raise BrokenReferenceError(
                f"task {self._task.name!r}: the reference raised {type(exc).__name__}: {exc} "
                f"for {show_arguments(arguments)}; mend the reference, or let the strategy leave such inputs out"
            ) from exc

    def example(self, number: int, arguments: Arguments, expected: object) -> Case:
        """Encode an example; the reference must pass it: a foreign one shows that when it is tried in the sandbox.

        Raises
        ------
        BrokenReferenceError : when it does not.
        """
        payload = self.carried(arguments)
        rule = self.rule(payload)
        tried = [("its check refuses its own", "of", expected)]
        if not self._task.foreign:
            answer = self(payload.arguments())
            tried.insert(0, ("the reference does not pass its own", "it returned", answer))
        for who, how, value in tried:
            said = rule(value, expected)
            if said is not True:
                raise BrokenReferenceError(
                    f"task {self._task.name!r}: {who} examples[{number}]: for {show_arguments(arguments)} "
                    f"{how} {shorten(value)}, expected {shorten(expected)}{f': {said}' if said else ''}; mend one of "
                    "the two"
                )
        return Case(
            payload=payload, answer=lambda: expected, where=f"for {show_arguments(arguments)}", rule=rule
        )

    def carried(self, arguments: Arguments) -> Payload:
        """Encode arguments.

        Raises
        ------
        UnusableInputError : when they are of what cannot be carried into the sandbox.
        """
        try:
            return encode_arguments(arguments)
        except SandboxError as exc:
            raise UnusableInputError(
                self._task.name,
                "an input cannot be carried into the sandbox",
                f"for {show_arguments(arguments)}: {exc}",
            ) from exc

    def rule(self, payload: Payload) -> Rule:
        """Return by what a result for these arguments is right."""
        return rule_of(self._task, payload.arguments)

    def require_arguments(self, arguments: object) -> None:
        """Refuse what is no tuple of arguments.

        Raises
        ------
        BrokenReferenceError : with what was given, and how to write it.
        """
        require_arguments(self._task, arguments)


def _function_of(task: Task) -> Callable[..., object]:
    namespace: dict[str, object] = {"__name__": "reference"}
    exec(compile(task.reference, f"<reference of {task.name}>", "exec"), namespace)  # noqa: S102 - trusted
    return namespace[task.entry_point]  # type: ignore[return-value]


class AnswersAhead:
    """Answers that are computed in this process while it would only wait for the reference in the sandbox.

    Not before: until the short inputs are tried, a thread that computes would only hold up what is asked of them.
    """

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._waiting: list[tuple[Future[object], Arguments]] = []

    def later(self, arguments: Arguments) -> Callable[[], object]:
        """Take the arguments of a call; what is returned gives its answer, and begins where nobody has yet."""
        answer: Future[object] = Future()
        self._waiting.append((answer, arguments))

        def wait() -> object:
            self.begin()
            return answer.result()

        return wait

    def begin(self) -> None:
        """Compute what has been asked for, in its order, in a thread of its own. Idempotent, from any thread."""
        if not self._waiting:
            return
        thread = ThreadPoolExecutor(1, thread_name_prefix="refinery-answers")
        with contextlib.suppress(IndexError):  # the last one is taken
            while True:
                thread.submit(self._compute, *self._waiting.pop(0))
        thread.shutdown(wait=False)

    def _compute(self, answer: Future[object], arguments: Arguments) -> None:
        try:
            answer.set_result(self._answers(arguments))
        except BaseException as exc:  # noqa: BLE001 - told to whoever waits
            answer.set_exception(exc)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """All inputs of a session: short ones, timed lists, and lists that look timed but have other answers.

    Timed lists and those that look like them are only there where the task has full-size inputs. ``left_out`` says of
    each input of a foreign task that cannot be used why.
    """

    short: tuple[Case, ...]
    timed: tuple[Case, ...]
    disguised: tuple[Case, ...]
    answers: Answers
    ahead: AnswersAhead
    left_out: tuple[str, ...] = ()

    @classmethod
    def make(
        cls, task: Task, *, list_seeds: Sequence[int], verify_seed: int, ask: Ask | None = None
    ) -> Inputs:
        """Draw and encode everything; the answers to full-size inputs come once ``ahead`` has begun.

        Parameters
        ----------
        list_seeds : of the timed lists, in order.
        verify_seed : decides all other inputs.
        ask : calls a foreign reference in the sandbox.
        """
        answers = Answers(task, ask=ask)
        ahead = AnswersAhead(answers)
        short, left_out = _short_cases(task, answers, verify_seed)

        def full(arguments: Arguments, seed: int, where: str) -> Case:
            case = _full_case(arguments, seed, ahead.later, where)
            return dataclasses.replace(case, rule=answers.rule(case.payload))

        timed, disguised = full_size(task, list_seeds=list_seeds, verify_seed=verify_seed)
        cases = [
            [
                full(arguments, seed, f"on {name} {number}")
                for number, (seed, arguments) in enumerate(group, start=1)
            ]
            for name, group in (("list", timed), ("verification list", disguised))
        ]
        return cls(
            short=short,
            timed=tuple(cases[0]),
            disguised=tuple(cases[1]),
            answers=answers,
            ahead=ahead,
            left_out=left_out,
        )

    @property
    def arrays(self) -> bool:
        """Whether there are NumPy arrays among the arguments."""
        return any(case.payload.arrays for case in (*self.short, *self.timed, *self.disguised))

    def sha256(self, task: Task) -> str:
        """Return the checksum of all inputs, as ``inputs_sha256`` finds it without them."""
        return _sha256_of(task, (case.sha256 or "" for case in (*self.timed, *self.disguised)))

    def wait(self) -> None:
        """Wait until all expected answers are known: nothing else may compute while programs are timed."""
        for case in (*self.timed, *self.disguised):
            case.answer()


def full_size(
    task: Task, *, list_seeds: Sequence[int], verify_seed: int
) -> tuple[list[tuple[int, Arguments]], list[tuple[int, Arguments]]]:
    """Return the arguments of the timed lists, and of those that look timed, each with its seed; none without sample.

    Raises
    ------
    BrokenReferenceError : when they are no tuple.
    """
    sample = task.sample
    if sample is None:
        return [], []
    # In a row, so that a task can let seeds take turns at different kinds of disguise.
    first = derived_seed(verify_seed, "disguised") & ~0xFF
    _require_seeded(task, sample, list_seeds[0] if list_seeds else first)
    timed = [(seed, _drawn(task, sample, seed)) for seed in list_seeds]
    disguised = []
    for index in range(disguised_lists(len(timed))):
        arguments = _drawn(task, task.disguised or sample, first + index)
        if timed:
            arguments = in_the_dress_of(timed[index % len(timed)][1], arguments)
        disguised.append((first + index, arguments))
    return timed, disguised


def disguised_lists(timed: int) -> int:
    """Return how many verification lists there are beside so many timed ones: each of these needs its double."""
    return max(DISGUISED_LISTS, timed)


def inputs_sha256(task: Task, *, list_seeds: Sequence[int], verify_seed: int) -> str:
    """Return the checksum of all inputs: with others, verdicts and times are others.

    Short inputs count by what they are drawn from: what Hypothesis draws from it for a seed depends on which
    modules a process has loaded.
    """
    groups = full_size(task, list_seeds=list_seeds, verify_seed=verify_seed)
    return _sha256_of(
        task,
        (
            hashlib.sha256(encode_arguments(arguments).data).hexdigest()
            for group in groups
            for _, arguments in group
        ),
    )


def _sha256_of(task: Task, full_size_inputs: Iterable[str]) -> str:
    digest = hashlib.sha256(task.checksum.encode())
    for sha256 in full_size_inputs:
        digest.update(bytes.fromhex(sha256))
    return digest.hexdigest()


def require_arguments(task: Task, arguments: object) -> None:
    """Refuse what is no tuple of arguments: a bare list is the usual slip of who writes a task.

    Raises
    ------
    BrokenReferenceError : with what was given, and how to write it.
    """
    if not isinstance(arguments, tuple):
        raise BrokenReferenceError(
            f"task {task.name!r}: sample and strategy must give a tuple of arguments, got "
            f"{type(arguments).__name__}; one argument alone is (value,), and st.tuples(...) draws one"
        )


def _require_seeded(task: Task, sample: Callable[..., Arguments], seed: int) -> None:
    """Refuse a sample that gives other arguments each time: programs would not be compared on the same ones."""
    one, other = (encode_arguments(_drawn(task, sample, seed)).data for _ in range(2))
    if one != other:
        raise BrokenReferenceError(
            f"task {task.name!r}: sample({seed}) gives other arguments each time it is called; take all that is random "
            "from the seed, as random.Random(seed) or numpy.random.default_rng(seed) do"
        )


def _drawn(task: Task, make: Callable[..., Arguments], seed: int) -> Arguments:
    arguments = make(seed)
    require_arguments(task, arguments)
    return arguments


def _short_cases(task: Task, answers: Answers, seed: int) -> tuple[tuple[Case, ...], tuple[str, ...]]:
    """Return what is always tried, and then what is drawn; and why inputs of a foreign task are left out.

    Raises
    ------
    UnusableInputError : for the first such input of a task of one's own; for that of a foreign one, where none is left.
    """
    makers: list[Callable[[], Case]] = [
        *(functools.partial(answers.example, number, *pair) for number, pair in enumerate(task.examples)),
        *(functools.partial(short_case, arguments, answers) for arguments in short_inputs(task, seed=seed)),
    ]
    cases: list[Case] = []
    refused: list[UnusableInputError] = []
    for make in makers:
        try:
            cases.append(make())
        except UnusableInputError as exc:
            if not task.foreign:
                raise
            refused.append(exc)
            if not cases and len(refused) == _MOST_REFUSED:
                break
    if refused and not cases:
        raise refused[0]
    return tuple(cases), tuple(exc.why for exc in refused)


def short_inputs(task: Task, *, seed: int) -> list[Arguments]:
    """Return the short inputs whose answers the reference gives: what is always tried, and what is drawn.

    Raises
    ------
    TaskError, BrokenReferenceError : the strategy cannot be made, or nothing can be drawn from it.
    """
    strategy = task.made_strategy()
    if strategy is None:
        return list(task.inputs)
    try:
        drawn = draw(strategy, seed=seed)
    except Exception as exc:
        raise BrokenReferenceError(
            f"task {task.name!r}: nothing can be drawn from its strategy: {type(exc).__name__}: {exc!s:.200}; return "
            "a strategy of Hypothesis that gives arguments, such as st.tuples(st.integers())"
        ) from exc
    return [*task.inputs, *drawn]


def short_case(arguments: Arguments, answers: Answers) -> Case:
    """Encode a short input and find its answer."""
    answers.require_arguments(arguments)
    payload = answers.carried(arguments)
    where = f"for {show_arguments(arguments)}"
    expected = answers(arguments)
    return Case(payload=payload, answer=lambda: expected, where=where, rule=answers.rule(payload))


def _full_case(
    arguments: Arguments, seed: int, later: Callable[[Arguments], Callable[[], object]], where: str
) -> Case:
    payload = encode_arguments(arguments)
    checksum = hashlib.sha256(payload.data).hexdigest()
    # The answer last: a reference may change its arguments.
    return Case(payload=payload, where=where, list_seed=seed, sha256=checksum, answer=later(arguments))
