"""Programs that attack the reply channel, the clock or the way in which values travel."""

# ruff: noqa: E501, PT018 - programs on one line, one check of several steps, paths that must stay free
from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sandbox_bench import SECONDS

from refinery_plugin._sandbox import SandboxFault, encode_arguments
from refinery_plugin._sandbox.inside import codec
from refinery_plugin._sandbox.inside.protocol import FAILURE_BYTES
from refinery_plugin._sandbox.machine_load import Load

if TYPE_CHECKING:
    from sandbox_bench import Bench

    from refinery_plugin._sandbox import Usage

PIPES = """
import os, stat
def pipes(access):
    import fcntl
    for fd in range(3, 1024):
        try:
            if stat.S_ISFIFO(os.fstat(fd).st_mode) and fcntl.fcntl(fd, fcntl.F_GETFL) & 3 == access:
                yield fd
        except OSError:
            pass
"""
FRAME = (
    PIPES
    + """
def answer(kind, key, body=b""):
    for fd in pipes(os.O_WRONLY):
        os.write(fd, kind + key + len(body).to_bytes(8, "little") + body)
VALUE = b"i" + (42).to_bytes(8, "little")
"""
)


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(
            "[os.write(fd, b'x') for fd in pipes(os.O_WRONLY)]\ndef solve(n): return 42", id="byte-at-import"
        ),
        pytest.param("answer(b'L', bytes(16))\ndef solve(n): return 42", id="loaded-too-early"),
        pytest.param(
            "answer(b'L', bytes(16)); answer(b'V', bytes(16), VALUE)\ndef solve(n): return 42",
            id="value-at-import",
        ),
        pytest.param("def solve(n):\n answer(b'V', bytes(16), VALUE)\n return 42", id="without-the-token"),
        pytest.param(
            "def solve(n):\n answer(b'V', bytes(16), VALUE)\n os._exit(0)", id="without-the-token-then-gone"
        ),
        pytest.param("def solve(n):\n answer(b'V', bytes(16), b'x' * (1 << 25))\n return 42", id="huge"),
        pytest.param(
            "def solve(n):\n [os.write(fd, b'V' * 25) for fd in pipes(os.O_WRONLY)]\n return 42", id="garbage"
        ),
        pytest.param("import time\ndef solve(n):\n os.fork()\n return 42", id="both-sides-of-a-fork-reply"),
    ],
)
def test_a_reply_that_is_not_ours_is_tampering(bench: Bench, program: str) -> None:
    """Whatever is written to the channel by the program itself, before, during or instead of the reply."""
    result = bench.run(FRAME + program, 1, more=True)
    assert "tampering" in (result.outcome.kind, "tampering" if result.usage.tampering else "")


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param((np.array([1, 2]), "x", "y"), id="array"),
        pytest.param((["error"], "x", "y"), id="list"),
        pytest.param(("error", 1 << 13_000, "y"), id="huge-reason"),
        pytest.param(("error", "x", np.zeros((2, 2))), id="array-for-a-name"),
        pytest.param(("value", "x", "y"), id="no-failure"),
        pytest.param(("error", "x"), id="too-few"),
        pytest.param("error", id="no-tuple"),
    ],
)
def test_a_failure_of_odd_parts_is_tampering(bench: Bench, parts: object) -> None:
    """Whatever a forged failure holds, arrays included, is looked at without an exception of ours."""
    body = codec.encode(parts, FAILURE_BYTES)
    program = f"{FRAME}answer(b'X', bytes(16), {body!r})\ndef solve(n): return 42"
    assert bench.run(program, 1).outcome.kind == "tampering"


def test_a_program_that_knows_the_token_cannot_reply_twice(bench: Bench) -> None:
    """It may find everything that its own process knows; a second frame is one too many, seen at the latest at the end."""
    program = (
        FRAME
        + """
import sys
def solve(n):
    token = bytes(sys._getframe(1).f_locals["token"])
    answer(b"V", token, VALUE)
    return 42
"""
    )
    result = bench.run(program, 1, more=True)
    assert "tampering" in (result.outcome.kind, result.usage.tampering and "tampering")


def test_an_answer_to_the_first_bytes_of_the_data_is_tampering(bench: Bench) -> None:
    """A thread that sees the data first and replies at once does not know the token, which comes last.

    It sees them first for sure: the worker reads from a pipe that the thread fills. One that only watches the worker's
    own pipe is woken after the worker, by chance or never.
    """
    program = (
        FRAME
        + """
import threading
def relay(source, sink):
    os.write(sink, os.read(source, 24))  # how much will come
    first = os.read(source, 4096)
    answer(b"T", bytes(16))
    answer(b"V", bytes(16), VALUE)
    os.write(sink, first)
    while part := os.read(source, 65536):
        os.write(sink, part)
command, = pipes(os.O_RDONLY)
copy, (reader, writer) = os.dup(command), os.pipe()
os.dup2(reader, command)
threading.Thread(target=relay, args=(copy, writer), daemon=True).start()
def solve(numbers):
    return 42
"""
    )
    assert bench.run(program, list(range(200_000))).outcome.kind == "tampering"


def test_a_reply_forged_after_the_call_has_answered_is_seen_at_the_end(bench: Bench) -> None:
    """However late a thread writes: bytes beyond the one reply are found when the run is closed."""
    program = (
        FRAME
        + """
import threading
done = threading.Event()
def watch():
    done.wait()
    answer(b"V", bytes(16), VALUE)
threading.Thread(target=watch, daemon=True).start()
def solve(n):
    done.set()
    return 42
"""
    )
    result = bench.run(program, 1, more=True)
    assert "tampering" in (result.outcome.kind, "tampering" if result.usage.tampering else "")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("os._exit(0)", "error"),
        ("os.kill(os.getpid(), 9)", "error"),
        ("os.abort()", "error"),
        ("os.closerange(0, 1024)", "error"),
        ("raise SystemExit(0)", "error"),
        ("raise KeyboardInterrupt", "error"),
        ("raise GeneratorExit", "error"),
        ("raise BaseExceptionGroup('x', [StopIteration(3)])", "error"),
        ("raise StopIteration(42)", "error"),
        ("return solve(n)", "error"),
        ("os.kill(os.getpid(), signal.SIGSTOP)", "timeout"),
        ("while True: pass", "timeout"),
        ("time.sleep(1000)", "timeout"),
        ("threading.Event().wait()", "timeout"),
        ("re.match('(a+)+$', 'a' * 60 + 'b')", "timeout"),
        ("return True", "wrong_type"),
        ("return 1.0", "wrong_type"),
        ("return None", "wrong_type"),
        ("return '42'", "wrong_type"),
        ("return [42]", "wrong_type"),
        ("return type('I', (int,), {'__eq__': lambda a, b: True, '__hash__': None})(42)", "wrong_type"),
        ("return type('F', (), {'__class__': int, '__index__': lambda s: 42})()", "wrong_type"),
        ("return (i for i in range(3))", "wrong_type"),
        ("return iter(int, 1)", "wrong_type"),
        ("return 1 << 5_000_000", "wrong_type"),
        ("return 'x' * 100_000_000", "wrong_type"),
        ("return chr(0xd800)", "wrong_type"),
        ("return [None] * 30_000_000", "wrong_type"),
        ("a = []; a.append(a); return a", "wrong_type"),
        ("return float('nan')", "wrong_type"),
        ("return {(): 1}", "wrong_type"),
    ],
)
def test_every_bad_end_is_an_outcome(bench: Bench, body: str, kind: str) -> None:
    """No exception, no hang, no value: one failure of the right kind, with a reason."""
    program = f"import os, re, signal, threading, time\ndef solve(n):\n    {body}\n"
    result = bench.run(program, 1, seconds=0.5 if kind == "timeout" else 20)
    assert result.outcome.kind == kind
    assert result.outcome.reason.isprintable()
    assert len(result.outcome.reason) <= 1500


@pytest.mark.parametrize(
    "source",
    [
        b"def solve(n:",
        b"\xff\xfe\x00",
        b"def solve(n):\n    return '\x00'",
        "# coding: latin-1\ndef solve(n): return 1/0 #é".encode("latin-1"),
        b"x = 1",
        b"solve = 3",
        b"raise ValueError('no')",
        b"import os; os._exit(0)",
        b"import sys; sys.exit()",
        b"(" * 5000 + b")" * 5000,
        b"import no_such_module",
        b"",
    ],
)
def test_a_program_that_cannot_be_loaded_or_called_is_an_error(bench: Bench, source: bytes) -> None:
    """Whatever the bytes are."""
    assert bench.run(source, 1).outcome.kind == "error"


def test_a_program_that_is_too_long_is_an_error_at_once(bench: Bench) -> None:
    """Fifty megabytes never reach the sandbox."""
    outcome = bench.run(b"#" * 50_000_000, 1).outcome
    assert outcome.kind == "error"
    assert "50000000 bytes" in outcome.reason


def test_reasons_tell_the_exception_and_its_line_without_running_its_code(bench: Bench) -> None:
    """A hostile ``__str__`` never runs; an ordinary message is told."""
    hostile = """
import time
class E(BaseException):
    def __str__(self):
        time.sleep(100)
    __repr__ = __str__
def solve(n):
    raise E("x" * 10_000_000)
"""
    outcome = bench.run(hostile, 1).outcome
    assert (outcome.error_type, outcome.reason) == ("E", "E (line 8)")
    forged = hostile.replace('raise E("x" * 10_000_000)', "raise SyntaxError(E())")
    assert bench.run(forged, 1).outcome.reason == "SyntaxError (line 8)"
    outcome = bench.run("def solve(n:", 1).outcome
    assert outcome.reason == "SyntaxError: '(' was never closed at line 1"
    outcome = bench.run(b"def solve(n):\n    return '\x00'", 1).outcome
    assert outcome.reason == "SyntaxError: source code string cannot contain null bytes"
    outcome = bench.run("def solve(n):\n    return {}['\\x1b[2J']", 1).outcome
    assert (outcome.error_type, outcome.reason) == ("KeyError", "KeyError: \\x1b[2J (line 2)")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return {}[2**20_000]", "KeyError: a huge integer (line 3)"),
        ("raise ValueError('n', -(2**20_000))", "ValueError: n, a huge integer (line 3)"),
        (
            "sys.exit(2**20_000)",
            "SystemExit: the program exits by itself with status a huge integer (line 3)",
        ),
        ("raise OSError(2**20_000, 'n')", "OSError: [Errno a huge integer] n (line 3)"),
        ("raise OSError('n' * 100_000, 2**20_000)", f"OSError: [Errno {'n' * 300}] a huge integer (line 3)"),
        ("raise SyntaxError('n', ('f', 2**20_000, 1, ''))", "SyntaxError: n at line a huge integer (line 3)"),
    ],
)
def test_an_exception_of_what_has_no_text_is_told_as_itself(bench: Bench, body: str, reason: str) -> None:
    """No Python prints integers of many thousand digits unasked, and the worker does not fail of it."""
    outcome = bench.run(f"import sys\ndef solve(n):\n    {body}\n", 1).outcome
    assert (outcome.kind, outcome.error_type) == ("error", reason.partition(":")[0])
    assert outcome.reason == reason


def test_a_death_tells_its_last_words(bench: Bench) -> None:
    """Signal and last lines of standard error, escaped."""
    program = "import os, sys\ndef solve(n):\n    print('\\x1b[31mhelp', file=sys.stderr, flush=True)\n    os.abort()\n"
    outcome = bench.run(program, 1).outcome
    assert outcome.error_type == "SIGABRT"
    assert "SIGABRT" in outcome.reason
    assert "\\x1b[31mhelp" in outcome.reason


def test_exceptions_and_wrong_types_leave_the_process_usable_and_endings_do_not(bench: Bench) -> None:
    """Several calls may follow each other in one process; after an end, every call tells that end."""
    program = "import os\ndef solve(n):\n    return [lambda: 1 // 0, lambda: 'x', lambda: 7, lambda: os._exit(3)][n]()\n"
    with bench.start(program) as worker:
        assert worker.load() is None
        kinds = []
        for n in (0, 1, 2, 0, 2, 3, 2, 2):
            outcome = worker.hand_over((n,), 5) or worker.go(5)
            kinds.append(outcome.kind)
        assert kinds == ["error", "wrong_type", "value", "error", "value", "error", "error", "error"]
        assert "status 3" in outcome.reason


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("sys.exit()", 0),
        ("sys.exit(3)", 3),
        ("sys.exit('no')", 1),
        ("1 / 0", 1),
        ("os.stat('no')", 1),
        ("atexit.register(os._exit, 7); sys.exit()", 7),
    ],
)
def test_a_child_that_the_program_forked_ends_as_anywhere(bench: Bench, end: str, status: int) -> None:
    """It reports nothing in the worker's place, at import or in the call, and its parent sees the usual status."""
    program = f"""
import atexit, os, sys
def child():
    pid = os.fork()
    if not pid:
        {end}
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
first = child()
def solve(n):
    return [first, child()]
"""
    assert bench.call(program, 1, result_type=list[int]) == [status, status]


def test_go_without_data_is_refused(bench: Bench) -> None:
    """The caller's mistakes are told, not timed."""
    with bench.start("def solve(n): return 1") as worker:
        with pytest.raises(SandboxFault, match="before load"):
            worker.hand_over((1,), 1)
        assert worker.go(1).kind == "error"


BURN = "sum(range(10_000_000))"
"""Many times what decoding costs on the busiest machine; in C, so that it keeps the interpreter for itself."""


@pytest.mark.parametrize(
    "watcher",
    [
        pytest.param(
            """
def watch():
    select.select(list(pipes(os.O_RDONLY)), [], [])
    BURN
threading.Thread(target=watch, daemon=True).start()
""",
            id="thread",
        ),
        pytest.param(
            """
def relay(source, sink):
    os.write(sink, os.read(source, 65536))
    BURN
    while part := os.read(source, 65536):
        os.write(sink, part)
for fd in list(pipes(os.O_RDONLY)):
    copy, (reader, writer) = os.dup(fd), os.pipe()
    os.dup2(reader, fd)
    threading.Thread(target=relay, args=(copy, writer), daemon=True).start()
""",
            id="relay",
        ),
    ],
)
def test_work_on_the_data_is_on_the_clock_whoever_does_it(bench: Bench, watcher: str) -> None:
    """From the first byte of the data on, all that passes is charged, but for what taking the data may cost."""
    payload = encode_arguments((list(range(1_000_000)),))

    def charged(extra: str, credit: float | None) -> tuple[float, Usage]:
        program = f"{PIPES}\nimport gc, select, threading, time\n{extra}\ndef solve(numbers):\n    return len(numbers)\n"
        with bench.start(program) as worker:
            assert not (worker.load() or worker.hand_over(payload, 60))
            assert worker.go(60, credit=credit).ok
            return worker.taking_seconds, worker.close()

    credit, _ = charged("", None)
    taking, usage = charged(watcher.replace("BURN", BURN), credit)
    assert usage.wall_seconds is not None and usage.revealed_seconds is not None
    uncharged = usage.revealed_seconds - usage.wall_seconds
    assert uncharged <= credit + 1e-6
    assert uncharged <= taking + 1e-6


TAKEOVER = """
command, = pipes(os.O_RDONLY)
os.set_blocking(command, True)
def read(size):
    data, filled = bytearray(size), 0
    while filled < size:
        filled += os.readv(command, [memoryview(data)[filled:]])
    return data
answer(b"L", bytes(16))
header = read(24)
answer(b"R", bytes(header[8:]))
"""


@pytest.mark.parametrize(
    ("end", "kind"),
    [
        pytest.param(
            "data = read(int.from_bytes(header[:8], 'little')); BURN; answer(b'T', bytes(data[-16:]))",
            "value",
            id="late",
        ),
        pytest.param(
            "data = read(int.from_bytes(header[:8], 'little')); answer(b'T', bytes(data[-16:])); BURN",
            "value",
            id="at-once",
        ),
        pytest.param(
            "answer(b'T', bytes(16)); data = read(int.from_bytes(header[:8], 'little'))",
            "tampering",
            id="before-it-knows-the-token",
        ),
    ],
)
def test_who_speaks_the_protocol_gains_no_more_than_the_taking_may_cost(
    bench: Bench, end: str, kind: str
) -> None:
    """A program that takes the data itself, and says when it likes that the call begins, pays for all beyond it."""
    program = f"{FRAME}{TAKEOVER}{end.replace('BURN', BURN)}\nanswer(b'V', bytes(data[-16:]), VALUE)\nos.read(command, 1)\n"
    payload = encode_arguments((list(range(1_000_000)),))
    credit = 0.001
    with bench.start(program) as worker:
        outcome = worker.load() or worker.hand_over(payload, 60) or worker.go(60, credit=credit)
        usage = worker.close()
    assert outcome.kind == kind
    if kind == "value":
        assert usage.wall_seconds is not None and usage.revealed_seconds is not None
        assert usage.wall_seconds >= usage.revealed_seconds - credit - 1e-6


def test_the_call_is_charged_the_least_time_that_can_be_told(bench: Bench) -> None:
    """An instrument states its resolution: an empty call takes as long as the shortest that can be told apart."""
    with bench.start("def solve(n): return n") as worker:
        assert not (worker.load() or worker.hand_over((1,), 5))
        began = time.perf_counter()
        assert worker.go(5, least=0.05).value == 1
        assert time.perf_counter() - began >= 0.05
        assert worker.close().wall_seconds == 0.05


@pytest.mark.parametrize(
    "hook",
    [
        pytest.param(
            "m = sys.monitoring; m.use_tool_id(3, 'x'); m.set_events(3, m.events.CALL)\n"
            "m.register_callback(3, m.events.CALL, lambda *arguments: note())",
            marks=pytest.mark.skipif(sys.version_info < (3, 12), reason="there is no sys.monitoring before"),
        ),
        "gc.callbacks.append(lambda phase, info: note()); gc.set_threshold(1, 1, 1)",
        "sys.settrace(lambda frame, event, arg: note())",
        "sys.setprofile(lambda frame, event, arg: note())",
        "sys.addaudithook(lambda event, args: note())",
        "signal.signal(signal.SIGALRM, lambda s, f: note()); signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)",
        "signal.signal(signal.SIGPROF, lambda s, f: note()); signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)",
    ],
)
def test_hooks_do_not_run_between_data_and_go(bench: Bench, hook: str) -> None:
    """Collector, tracer, profiler, audit hook and timers find no moment between the first byte and the call."""
    program = f"""
import gc, signal, sys
seen = []
def note():
    global done
    if done:
        return
    done = True  # looking at frames is an event itself
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name == "_serve" and "size" in frame.f_locals and not calling:
            seen.append(1)
        frame = frame.f_back
    done = False
calling = done = False
def solve(numbers):
    global calling
    calling = True
    return len(seen)
{hook}
"""
    # One bytecode or two of ours lie between the end of the guarded stretch and the call.
    assert bench.call(program, list(range(300_000))) <= 3  # type: ignore[operator]


@pytest.mark.parametrize(
    "start",
    [
        "os.fork() or time.sleep(60)",
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])",
    ],
)
def test_a_helper_that_is_alive_before_the_data_is_tampering(bench: Bench, start: str) -> None:
    """Processes belong into the call."""
    outcome = bench.run(f"import os, subprocess, sys, time\n{start}\ndef solve(n): return n\n", 1).outcome
    assert outcome.kind == "tampering"
    assert "helper process" in outcome.reason


def test_a_patched_decoder_or_encoder_changes_nothing(bench: Bench) -> None:
    """What the worker needs was bound before the import."""
    program = """
import array, builtins, json, marshal, os, pickle, struct, sys, types
for module in (array, json, marshal, pickle, struct):
    for name in dir(module):
        if not name.startswith("__"):
            try:
                setattr(module, name, lambda *a, **k: 1 / 0)
            except (AttributeError, TypeError):
                pass
os.readv = os.read = os.write = builtins.memoryview = lambda *a: 1 / 0
sys.modules["array"] = sys.modules["struct"] = types.ModuleType("x")
def solve(numbers):
    return sum(numbers)
"""
    assert bench.call(program, list(range(1000))) == 499_500


def test_threads_that_an_import_leaves_spinning_are_waited_for(bench: Bench) -> None:
    """As numerical libraries do; what they burn is no work on the data, and waiting for them ends by itself."""
    spin = """
        import threading, time
        def spin():
            end = time.thread_time() + {seconds}
            while time.thread_time() < end: pass
            threading.Event().wait()
        threading.Thread(target=spin, daemon=True).start()
        def solve(n): return len(n)
    """
    with bench.start(spin.format(seconds=0.1)) as worker:
        assert worker.load() is None
        worker.settle(SECONDS)
        assert worker.hand_over(([1, 2],), SECONDS) is None
        assert worker.go(SECONDS).value == 2
    with bench.start(spin.format(seconds=1e9)) as worker:
        assert worker.load() is None
        worker.settle(0.1)
        assert worker.hand_over(([1, 2],), SECONDS) is None
        assert worker.go(SECONDS).value == 2


BURNS = """
import os, time
def burn():
    while time.process_time() < 0.6:
        pass
"""


@pytest.mark.parametrize(
    ("program", "ok"),
    [
        pytest.param("def solve(n):\n burn()\n return 42", True, id="itself"),
        pytest.param("burn()\ndef solve(n): return 42", True, id="at-import"),
        pytest.param("def solve(n):\n burn()\n os._exit(3)", False, id="ends-itself"),
        pytest.param("def solve(n):\n burn()\n time.sleep(60)", False, id="is-stopped"),
        pytest.param(
            "def solve(n):\n os.fork() or burn() or os._exit(0)\n os.wait()\n return 42", True, id="child"
        ),
    ],
)
def test_what_a_program_computes_is_no_neighbour_of_it(bench: Bench, program: str, ok: bool) -> None:  # noqa: FBT001
    """However it ends, what it used is not counted as that of others, whose runs beside would make it doubtful."""
    before = Load.now()
    found = bench.run(BURNS + program, 1, seconds=SECONDS if ok else 2.0)
    after = Load.now()
    assert found.outcome.ok is ok
    assert before and after
    others = found.usage.others_seconds
    assert others is None if "os._exit(3)" in program else others is not None
    assert (others or 0.0) < after.busy - before.busy - 0.4
