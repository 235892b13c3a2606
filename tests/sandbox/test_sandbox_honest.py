"""Honest programs of every style, and what is told of what they used."""

# ruff: noqa: E501, PT018 - programs on one line, one check of several steps, paths that must stay free
from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from sandbox_bench import SECONDS

from refinery_plugin._sandbox import SandboxError, encode_arguments, open_sandbox

if TYPE_CHECKING:
    from sandbox_bench import Bench

STYLES = {
    "example at module level": "print(sum([1, 2]))\ndef solve(n): return sum(n)\nprint(solve([1]))",
    "main guard": "import sys\ndef solve(n): return sum(n)\nif __name__ == '__main__':\n    sys.exit(solve([1]))",
    "numpy": "import numpy as np\ndef solve(n): return int(np.asarray(n).sum())",
    "threads": """
from concurrent.futures import ThreadPoolExecutor
def solve(n):
    with ThreadPoolExecutor(4) as pool:
        return sum(pool.map(sum, [n[i::4] for i in range(4)]))
""",
    "fork pool": """
import multiprocessing
def solve(n):
    with multiprocessing.get_context("fork").Pool(2) as pool:
        return sum(pool.map(sum, [n[::2], n[1::2]]))
""",
    "default pool of all cores": """
from multiprocessing import Pool, cpu_count
def solve(n):
    k = cpu_count()
    with Pool() as pool:
        return sum(pool.map(sum, [n[i::k] for i in range(k)]))
""",
    "process executor": """
from concurrent.futures import ProcessPoolExecutor
def part(n): return sum(n)
def solve(n):
    with ProcessPoolExecutor(2) as pool:
        return sum(pool.map(part, [n[::2], n[1::2]]))
""",
    "spawned pool": """
import multiprocessing
def part(n): return sum(n)
def solve(n):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        return sum(pool.map(part, [n[::2], n[1::2]]))
""",
    "pool of a fork server": """
import multiprocessing
def part(n): return sum(n)
def solve(n):
    with multiprocessing.get_context("forkserver").Pool(2) as pool:
        return sum(pool.map(part, [n[::2], n[1::2]]))
""",
    "start method for all": """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
multiprocessing.set_start_method("forkserver")
def part(n): return sum(n)
def solve(n):
    with ProcessPoolExecutor(2) as pool:
        return sum(pool.map(part, [n[::2], n[1::2]]))
""",
    "manager": """
import multiprocessing
def work(found, i, n): found[i] = sum(n[i::2])
def solve(n):
    with multiprocessing.Manager() as manager:
        found = manager.dict()
        ps = [multiprocessing.Process(target=work, args=(found, i, n)) for i in range(2)]
        [p.start() for p in ps]
        [p.join() for p in ps]
        return sum(found.values())
""",
    "log below /tmp": """
import logging
logging.basicConfig(filename="/tmp/app.log", level=logging.INFO)
def solve(n):
    logging.info("x")
    assert "INFO" in open("/tmp/app.log").read()
    return sum(n)
""",
    "memory traced": "import tracemalloc\ntracemalloc.start()\ndef solve(n): return sum(n)",
    "child that exits": """
import os, sys
def solve(n):
    reader, writer = os.pipe()
    if not os.fork():
        file = open(writer, "w")
        print(sum(n), file=file)
        sys.exit(0)
    os.close(writer)
    os.wait()
    return int(open(reader).read())
""",
    "locks, events, queues": """
import multiprocessing as mp
def work(q, lock, event, part):
    with lock:
        event.wait(10)
        q.put(sum(part))
def solve(n):
    q, lock, event = mp.Queue(), mp.RLock(), mp.Event()
    ps = [mp.Process(target=work, args=(q, lock, event, n[i::2])) for i in range(2)]
    [p.start() for p in ps]
    event.set()
    total = sum(q.get(timeout=10) for _ in ps)
    [p.join() for p in ps]
    return total
""",
    "shared values": """
import multiprocessing as mp
def work(total, array, i):
    with total.get_lock():
        total.value += sum(array[i::2])
def solve(n):
    total, array = mp.Value("q", 0), mp.Array("q", n)
    ps = [mp.Process(target=work, args=(total, array, i)) for i in range(2)]
    [p.start() for p in ps]
    [p.join() for p in ps]
    return total.value
""",
    "shared memory": """
from multiprocessing import shared_memory
import os, struct
def solve(n):
    block = shared_memory.SharedMemory(create=True, size=8 * len(n))
    try:
        struct.pack_into(f"{len(n)}q", block.buf, 0, *n)
        return sum(struct.unpack_from(f"{len(n)}q", block.buf))
    finally:
        block.close()
        block.unlink()
""",
    "prints": "import sys\ndef solve(n):\n    for i in n: print(i, file=sys.stderr if i % 2 else sys.stdout)\n    return sum(n)",
    "logging": "import logging\nlogging.basicConfig(level=0)\ndef solve(n):\n    logging.info('hi')\n    return sum(n)",
    "hints and dataclasses": """
from __future__ import annotations
from dataclasses import dataclass, field
from typing import Optional
@dataclass(slots=True)
class Total:
    value: int = 0
    seen: list[int] = field(default_factory=list)
def solve(n: list[int]) -> Optional[int]:
    total = Total()
    for i in n: total.value += i
    return total.value
""",
    "lookup table": "TABLE = {i: i for i in range(200_000)}\ndef solve(n): return sum(TABLE[i] for i in n)",
    "asserts": "def solve(n): return sum(n)\nassert solve([1, 2]) == 3",
    "cache": "from functools import lru_cache\n@lru_cache(maxsize=None)\ndef one(i): return i\ndef solve(n): return sum(map(one, n))",
    "sorts in place": "def solve(n):\n    n.sort(reverse=True)\n    total = sum(n)\n    n.clear()\n    return total",
    "temporary file": """
import tempfile
def solve(n):
    with tempfile.TemporaryFile("w+") as file:
        file.write(str(sum(n)))
        file.seek(0)
        return int(file.read())
""",
    "asyncio": "import asyncio\nasync def main(n): return sum(n)\ndef solve(n): return asyncio.run(main(n))",
    "another interpreter": """
import subprocess, sys
def solve(n):
    code = f"print(sum({n!r}))"
    return int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
""",
    "reads itself": "import inspect\ndef solve(n):\n    assert 'inspect' in inspect.getsource(solve)\n    return sum(n)",
    "recursion": "import sys\nsys.setrecursionlimit(10_000)\ndef s(n, i): return n[i] + s(n, i + 1) if i < len(n) else 0\ndef solve(n): return s(n, 0)",
    "many imports": "import argparse, collections, ctypes, decimal, fractions, hashlib, heapq, json, sqlite3, ssl, unittest, zlib\ndef solve(n): return sum(n)",
    "callable object": "class S:\n    def __call__(self, n): return sum(n)\nsolve = S()",
    "collector off": "import gc\ngc.disable(); gc.freeze()\ndef solve(n):\n    assert not gc.isenabled()\n    return sum(n)",
    "alarm": "import signal\ndef solve(n):\n    signal.signal(signal.SIGALRM, lambda s, f: 1 / 0)\n    signal.alarm(60)\n    return sum(n)",
}


@pytest.mark.parametrize("style", STYLES)
def test_honest_styles_pass(bench: Bench, style: str) -> None:
    """Whatever Python programmers do in a module."""
    numbers = list(range(500))
    assert bench.call(STYLES[style], numbers) == sum(numbers)
    assert numbers == list(range(500))


def test_a_million_integers_arrive_as_a_private_list_of_real_integers(bench: Bench) -> None:
    """Exact types, exact values, nobody else's objects."""
    source = """
        def solve(numbers):
            assert type(numbers) is list and {type(n) for n in numbers} == {int}
            numbers.append(numbers[0])
            return sum(numbers) + len(numbers)
    """
    numbers = list(range(1, 1_000_001))
    payload = encode_arguments((numbers,))
    with bench.start(source) as worker:
        assert not (worker.load() or worker.hand_over(payload, 20))
        assert worker.go(20).value == sum(numbers) + 1 + 1_000_001
    assert len(numbers) == 1_000_000


@pytest.mark.parametrize(
    ("args", "kind"),
    [
        ((1, -1, 2**62, -(2**63), 2**64, -(2**70)), list[int]),
        ((0.5, float("inf"), -0.0), list[float]),
        (("", "é\n\x00", "🙂"), list[str]),
        ((True, False), list[bool]),
        (({"a": 1}, {}), list[dict[str, int]]),
        (((1, "a"), (2, "b")), list[tuple[int, str]]),
        (([1, None], [None]), list[list[int | None]]),
    ],
)
def test_arguments_and_results_keep_their_exact_values(
    bench: Bench, args: tuple[object, ...], kind: object
) -> None:
    """There and back."""
    assert repr(bench.call("def solve(*a): return list(a)", *args, result_type=kind)) == repr(list(args))


def test_the_interpreter_is_the_same_for_everyone(bench: Bench) -> None:
    """Hash seed, collector, bytecode, encoding: fixed, and as documented."""
    source = """
        import gc, os, sys
        def solve():
            return [str(hash("refinery")), str(gc.isenabled()), str(gc.get_threshold()), str(sys.dont_write_bytecode),
                    sys.getfilesystemencoding(), __name__, str(sys.flags.no_site), str(os.cpu_count())]
    """
    first, second = (bench.call(source, result_type=list[str]) for _ in range(2))
    assert first == second
    ask = [sys.executable, "-c", "import gc; print(gc.get_threshold())"]
    python_has = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()
    assert first[1:] == ["True", python_has, "True", "utf-8", "solution", "1", str(os.cpu_count())]  # type: ignore[index]


def test_cpu_time_is_that_of_the_call_alone(bench: Bench) -> None:
    """Neither the import nor waiting counts; children do."""
    burn = "def burn(s):\n    import time\n    end = time.process_time() + s\n    while time.process_time() < end: pass\n"
    idle = bench.run(burn + "burn(0.3)\nimport time\ndef solve():\n    time.sleep(0.3)\n    return 1\n").usage
    busy = bench.run(burn + "def solve():\n    burn(0.3)\n    return 1\n").usage
    child = bench.run(
        burn
        + "import os\ndef solve():\n    pid = os.fork()\n    if not pid:\n        burn(0.3)\n        os._exit(0)\n"
        "    os.waitpid(pid, 0)\n    return 1\n"
    ).usage
    for usage in (idle, busy, child):
        assert usage.revealed_seconds is not None
        assert usage.revealed_seconds < SECONDS, "this machine is too busy to tell"
    assert idle.cpu_seconds is not None
    assert busy.cpu_seconds is not None
    assert child.cpu_seconds is not None
    assert idle.cpu_seconds < 0.05
    assert 0.29 < busy.cpu_seconds < 0.40
    assert 0.26 < child.cpu_seconds < 0.40
    assert busy.wall_seconds is not None
    assert busy.revealed_seconds is not None
    assert busy.load_seconds is not None
    assert busy.revealed_seconds > busy.wall_seconds > 0.29
    assert busy.peak_tasks == 1
    assert busy.memory_bytes is not None
    assert busy.memory_bytes > 5 << 20


def test_closing_twice_tells_the_same(bench: Bench) -> None:
    """And starting without ever loading is no problem."""
    worker = bench.start("def solve(): return 1")
    assert worker.close() is worker.close()


def test_an_unknown_package_is_named() -> None:
    """Before anything starts."""
    with pytest.raises(SandboxError, match="no-such-package"):
        open_sandbox("auto", packages=("no-such-package",))


def test_packages_come_with_what_they_require(sandbox: object) -> None:
    """The study lists pandas; numpy and dateutil come with it."""
    with open_sandbox(sandbox.name, packages=("pandas",)) as opened:  # type: ignore[attr-defined]
        source = b"import pandas\ndef solve(n): return int(pandas.Series(n).sum())\n"
        with opened.start(source, entry_point="solve", result_type=int) as worker:
            failure = worker.load() or worker.hand_over(([1, 2],), 20)
            assert (failure or worker.go(20)).value == 3


def test_an_unknown_backend_is_refused() -> None:
    """With the names that there are."""
    with pytest.raises(SandboxError, match="auto, bwrap, landlock, none"):
        open_sandbox("docker")


def test_none_contains_nothing_and_says_so() -> None:
    """Only by name, and its line cannot be misread."""
    with open_sandbox("none") as opened:
        assert opened.describe().startswith("NO containment")
        with opened.start(b"def solve(): return 2", entry_point="solve", result_type=int) as worker:
            assert not (worker.load() or worker.hand_over((), 5))
            assert worker.go(5).value == 2
