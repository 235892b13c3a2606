"""Programs that try to get out; each tells what it reached, and that must be nothing."""

# ruff: noqa: PT018, S108 - programs on one line, one check of several steps, paths that must stay free
from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sandbox_bench import Bench

ROOT = Path(__file__).resolve().parents[2]

# Helpers that programs below begin with: what works is told, what is refused is not.
REACHED = """
import ctypes, os, platform
libc = ctypes.CDLL(None, use_errno=True)
X86 = platform.machine() == "x86_64"
def syscall(x86, arm, *args):
    return libc.syscall(ctypes.c_long(x86 if X86 else arm), *args)
def reached(**attempts):
    found = []
    for name, attempt in attempts.items():
        try:
            if attempt() is not False:
                found.append(name)
        except (OSError, ImportError, ValueError):
            pass
    return found
"""


def reached(bench: Bench, attempts: str, *args: object) -> object:
    """Tell what a program reached: ``attempts`` are keyword arguments in Python."""
    names = ", ".join(f"a{i}" for i in range(len(args)))
    source = f"{REACHED}\nimport signal, socket, sys\ndef solve({names}):\n    return reached({attempts})\n"
    return bench.call(source, *args, result_type=list[str])


def test_the_environment_is_empty(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither Python nor the C library shows a variable of ours, not even one set just now."""
    monkeypatch.setenv("REFINERY_CANARY_KEY", "sk-canary")
    source = """
        import ctypes, os, sys
        def solve():
            libc = ctypes.CDLL(None)
            libc.getenv.restype = ctypes.c_char_p
            return [*os.environ, str(libc.getenv(b"REFINERY_CANARY_KEY")), str(libc.getenv(b"PATH")), *sys.argv[1:]]
    """
    assert bench.call(source, result_type=list[str]) == ["None", "None"]


def test_files_outside_cannot_be_read_or_written(bench: Bench, tmp_path: Path) -> None:
    """Canaries in the home directory, in the project and in ``/tmp`` stay unread and unchanged."""
    home = Path.home() / f".refinery-canary-{os.getpid()}"
    project = ROOT / "tests" / "sandbox" / f"canary-{os.getpid()}.txt"
    shared = Path("/tmp") / f"refinery-canary-{os.getpid()}.txt"
    # The checkout may belong to somebody else; then it is no place to leave anything.
    canaries = [
        home,
        *([project] if os.access(project.parent, os.W_OK) else []),
        shared,
        tmp_path / "canary.txt",
    ]
    source = """
        import os
        def solve(path):
            found = []
            for name, attempt in (
                ("read", lambda: open(path).read()),
                ("write", lambda: open(path, "r+").write("x")),
                ("truncate", lambda: os.truncate(path, 0)),
                ("remove", lambda: os.unlink(path)),
                ("rename", lambda: os.rename(path, path + ".moved")),
                ("link", lambda: os.link(path, "here")),
                ("list", lambda: os.listdir(os.path.dirname(path)).index(os.path.basename(path))),
            ):
                try:
                    attempt()
                    found.append(name)
                except (OSError, ValueError):
                    pass
            try:  # a private directory of the same name may well take these: the host's must not
                open(path + ".new", "w").close()
                os.symlink("/", path + ".link")
            except OSError:
                pass
            return found
    """
    try:
        for canary in canaries:
            canary.write_text("canary", encoding="utf-8")
            assert bench.call(source, str(canary), result_type=list[str]) == []
            assert canary.read_text(encoding="utf-8") == "canary"
            assert not any(Path(f"{canary}{end}").exists() for end in (".new", ".moved", ".link"))
    finally:
        for canary in canaries:
            canary.unlink(missing_ok=True)


def test_the_runtime_is_read_only_and_nothing_but_allowed_packages_is_in_it(bench: Bench) -> None:
    """Standard library and numpy can be imported, never changed; neither pytest nor this project is there."""
    source = """
        import importlib, os
        import numpy
        def solve():
            found = []
            for name in ("pytest", "pandas", "refinery_plugin", "openai", "pip"):
                try:
                    importlib.import_module(name)
                    found.append(name)
                except ImportError:
                    pass
            for path in (os.__file__, numpy.__file__):
                for attempt in (
                    lambda: open(path, "a").close(),
                    lambda: open(os.path.dirname(path) + "/new.py", "w").close(),
                    lambda: os.utime(path, (1, 1)),
                    lambda: os.chmod(path, 0o777),
                    lambda: os.setxattr(path, "user.note", b"1"),
                ):
                    try:
                        attempt()
                        found.append(path)
                    except OSError:
                        pass
            return found
    """
    assert bench.call(source, result_type=list[str]) == []


def test_packages_outside_the_list_cannot_be_read_by_path(bench: Bench) -> None:
    """A program that knows where site-packages is finds nothing there."""
    source = """
        import importlib.util
        def solve(path):
            try:
                return len(open(path).read())
            except OSError:
                return 0
    """
    assert bench.call(source, str(Path(pytest.__file__))) == 0


def test_no_listener_of_this_machine_hears_anything(bench: Bench, tmp_path: Path) -> None:
    """TCP, UDP, abstract and named Unix sockets of the host are out of reach, and so is the world."""
    named = str(tmp_path / "s")
    abstract = f"\0refinery-canary-{os.getpid()}"
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_UNIX) as by_path,
        socket.socket(socket.AF_UNIX) as by_name,
    ):
        udp.bind(("127.0.0.1", 0))
        by_path.bind(named)
        by_name.bind(abstract)
        for listener in (tcp, by_path, by_name):
            listener.listen()
        found = reached(
            bench,
            "tcp=lambda: socket.create_connection(('127.0.0.1', a0), 1),"
            "udp=lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', a1)),"
            "path=lambda: socket.socket(socket.AF_UNIX).connect(a2),"
            "abstract=lambda: socket.socket(socket.AF_UNIX).connect(a3),"
            "world=lambda: socket.create_connection(('192.0.2.1', 80), 1),"
            "netlink=lambda: socket.socket(16, socket.SOCK_RAW),"
            "vsock=lambda: socket.socket(40, socket.SOCK_STREAM),"
            "packet=lambda: socket.socket(17, socket.SOCK_RAW),"
            "crypto=lambda: socket.socket(38, socket.SOCK_SEQPACKET)",
            tcp.getsockname()[1],
            udp.getsockname()[1],
            named,
            abstract,
        )
        assert found == []
        for listener in (tcp, udp, by_path, by_name):
            listener.settimeout(0)
        for listener in (tcp, by_path, by_name):
            with pytest.raises(BlockingIOError):
                listener.accept()
        with pytest.raises(BlockingIOError):
            udp.recv(10)


def test_other_processes_are_neither_seen_nor_touched(bench: Bench) -> None:
    """No signal, limit, affinity, priority or trace reaches the session or a process of the same user."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        found = reached(
            bench,
            "list=lambda: os.listdir('/proc'),"
            "status=lambda: open(f'/proc/{a0}/status'),"
            "environ=lambda: open(f'/proc/{a0}/environ'),"
            "own=lambda: open('/proc/self/environ'),"
            "term=lambda: os.kill(a0, signal.SIGTERM),"
            "probe=lambda: os.kill(a1, 0),"
            "queue=lambda: syscall(129, 138, a0, signal.SIGTERM, bytes(128)) == 0,"
            "pidfd=lambda: signal.pidfd_send_signal(os.pidfd_open(a0), signal.SIGTERM),"
            "limits=lambda: syscall(302, 261, a0, 7, bytes(16), None) == 0,"
            "affinity=lambda: os.sched_setaffinity(a0, {0}),"
            "nice=lambda: os.setpriority(os.PRIO_PROCESS, a0, 19),"
            "user=lambda: os.setpriority(os.PRIO_USER, 0, 19),"
            "scheduler=lambda: os.sched_setscheduler(a0, os.SCHED_IDLE, os.sched_param(0)),"
            "trace=lambda: libc.ptrace(0x4206, a0, 0, 0) == 0,"
            "memory=lambda: syscall(310, 270, a0, bytes(16), 1, bytes(16), 1, 0) >= 0,"
            "fds=lambda: syscall(438, 438, os.pidfd_open(a0), 0, 0) >= 0",
            bystander.pid,
            os.getpid(),
        )
        assert found == []
        assert bystander.poll() is None
        bystander.communicate(b"\n")


def test_killing_everyone_kills_only_itself(bench: Bench) -> None:
    """``kill(-1)`` and ``kill(0)`` stay inside; the verdict tells the signal."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        source = """
            import os
            def solve():
                try:
                    os.kill(-1, 9)
                except OSError:
                    pass  # in a PID namespace there is nobody else
                os.kill(0, 9)
        """
        outcome = bench.run(source).outcome
        assert outcome.kind == "error"
        assert "SIGKILL" in outcome.reason
        assert bystander.poll() is None
        bystander.communicate(b"\n")


def test_it_is_nobody_without_any_capability(bench: Bench) -> None:
    """Another user than root, no supplementary groups, no capability in any set, and no way to new ones."""
    source = """
        import ctypes, os
        def solve():
            libc = ctypes.CDLL(None, use_errno=True)
            header = (ctypes.c_uint32 * 2)(0x20080522, 0)
            sets = (ctypes.c_uint32 * 6)()
            assert libc.capget(header, sets) == 0
            ambient = sum(libc.prctl(47, 1, cap, 0, 0) for cap in range(41))
            return [*os.getresuid(), *os.getresgid(), sum(sets), ambient, libc.prctl(39, 0, 0, 0, 0)]
    """
    told = bench.call(source, result_type=list[int])
    assert isinstance(told, list)
    *ids, capabilities, ambient, no_new_privileges = told
    assert 0 not in ids
    assert len(set(ids)) == 1
    assert (capabilities, ambient, no_new_privileges) == (0, 0, 1)


def test_dangerous_parts_of_the_kernel_are_closed(bench: Bench) -> None:
    """Namespaces, mounts, keyrings, IPC, io_uring, bpf and the rest of what the filter lists."""
    found = reached(
        bench,
        "unshare=lambda: libc.unshare(0x10000000) == 0,"
        "clone=lambda: syscall(56, 220, 0x10000000 | 17, 0, 0, 0, 0) >= 0,"
        "clone3=lambda: syscall(435, 435, (ctypes.c_uint64 * 11)(0x10000000), 88) >= 0,"
        "setns=lambda: syscall(308, 268, 0, 0) == 0,"
        "mount=lambda: libc.mount(b'none', b'.', b'tmpfs', 0, None) == 0,"
        "remount=lambda: libc.mount(b'none', b'/', None, 32, None) == 0,"
        "chroot=lambda: os.chroot('.'),"
        "keyring=lambda: syscall(250, 219, 0, -3, 0) >= 0,"
        "add_key=lambda: syscall(248, 217, b'user', b'refinery_t', b'x', 1, -3) >= 0,"
        "shm=lambda: syscall(29, 194, 0, 4096, 0o1600) >= 0,"
        "semaphores=lambda: syscall(64, 190, 0, 1, 0o1600) >= 0,"
        "messages=lambda: syscall(68, 186, 0, 0o1600) >= 0,"
        "queues=lambda: syscall(240, 180, b'refinery', 0o102, 0o600, None) >= 0,"
        "io_uring=lambda: syscall(425, 425, 1, bytes(120)) >= 0,"
        "bpf=lambda: syscall(321, 280, 0, bytes(128), 128) >= 0,"
        "perf=lambda: syscall(298, 241, bytes(128), 0, -1, -1, 0) >= 0,"
        "userfaultfd=lambda: syscall(323, 282, 1) >= 0,"
        "memfd=lambda: syscall(319, 279, b'x', 0) >= 0,"
        "inotify=lambda: syscall(294, 26, 0) >= 0,"
        "fanotify=lambda: syscall(300, 262, 0, 0) >= 0,"
        "handles=lambda: syscall(304, 265, -100, bytes(136), 0) >= 0 or ctypes.get_errno() != 1,"
        "personality=lambda: libc.personality(0x0040000) >= 0,"
        "filter=lambda: syscall(317, 277, 1, 0, None) == 0 or ctypes.get_errno() != 1,"
        "session=lambda: os.setsid(),"
        "group=lambda: os.setpgid(0, 0),"
        "clock=lambda: __import__('time').clock_settime(0, 0.0),"
        "host=lambda: socket.sethostname('x'),"
        "raw_x32=lambda: X86 and syscall(0x40000000 | 39, 0) > 0,"
        "core_pattern=lambda: open('/proc/sys/kernel/core_pattern', 'w'),"
        "device=lambda: os.mknod('m', 0o20600, os.makedev(1, 1)),"
        "disk=lambda: os.mknod('d', 0o60600, os.makedev(254, 0))",
    )
    assert found == []


def test_only_pipes_are_open(bench: Bench) -> None:
    """No directory, file, socket or terminal is inherited, however many the session holds."""
    source = """
        import os, stat
        def solve():
            found = []
            for fd in range(1024):
                try:
                    mode = os.fstat(fd).st_mode
                except OSError:
                    continue
                if not stat.S_ISFIFO(mode):
                    found.append(fd)
            return found
    """
    held = [os.open("/", os.O_RDONLY | os.O_DIRECTORY), os.open(__file__, os.O_RDONLY)]
    for fd in held:
        os.set_inheritable(fd, True)  # noqa: FBT003
    try:
        assert bench.call(source, result_type=list[int]) == []
    finally:
        for fd in held:
            os.close(fd)


@pytest.mark.parametrize(
    "store",
    [
        pytest.param("open('/tmp/refinery-kept', 'x').write('1')", id="tmp"),
        pytest.param("open('kept', 'x').write('1')", id="working-directory"),
        pytest.param("open('/dev/shm/refinery-kept', 'x').write('1')", id="shm"),
        pytest.param("open('/var/tmp/refinery-kept', 'x').write('1')", id="var-tmp"),
        pytest.param("shared_memory.SharedMemory('refinery_kept', create=True, size=10)", id="shared-memory"),
        pytest.param("os.setxattr(__file__, 'user.kept', b'1', os.XATTR_CREATE)", id="own-file"),
        pytest.param("os.mkfifo('/tmp/refinery-kept-fifo')", id="fifo"),
    ],
)
def test_nothing_is_kept_from_run_to_run(bench: Bench, store: str) -> None:
    """What fails when it already exists behaves the same in the second run as in the first."""
    source = f"""
import os
from multiprocessing import shared_memory
def solve():
    try:
        {store}
        return "stored"
    except FileExistsError:
        return "kept"
    except OSError:
        return "refused"
"""
    first, second = (bench.call(source, result_type=str) for _ in range(2))
    assert first == second != "kept"
    for leftover in (
        "/tmp/refinery-kept",
        "/dev/shm/refinery-kept",
        "/var/tmp/refinery-kept",
        "/tmp/refinery-kept-fifo",
    ):
        assert not Path(leftover).exists()


def test_a_daemon_does_not_outlive_its_run(bench: Bench) -> None:
    """Forked twice, signals ignored, pipes kept open: gone when ``close`` returns."""
    source = """
        import os, signal, time
        def solve():
            for number in range(1, 32):
                try:
                    signal.signal(number, signal.SIG_IGN)
                except OSError:
                    pass
            reader, writer = os.pipe()
            if not os.fork():
                if os.fork():
                    os._exit(0)
                os.write(writer, b"x")
                while True:
                    time.sleep(60)
            os.read(reader, 1)
            return 1
    """
    with bench.start(source) as worker:
        assert not (worker.load() or worker.hand_over((), 5))
        assert worker.go(10).value == 1
        assert worker._tree is not None
        members = worker._tree.members()
        assert len(members) >= 2
        worker.close()
    assert not any(Path(f"/proc/{pid}").exists() for pid in members)


def test_a_killed_session_leaves_nothing_running(bench: Bench) -> None:
    """SIGKILL to the session's own process ends program and children, though nobody closes anything."""
    script = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
from refinery_plugin._sandbox import open_sandbox
sandbox = open_sandbox({bench.sandbox.name!r})
source = b"import os, time\\ndef solve():\\n    os.fork()\\n    time.sleep(60)\\n"
worker = sandbox.start(source, entry_point="solve", result_type=int)
assert not (worker.load() or worker.hand_over((), 5))
worker._channel.send(worker._token, time.perf_counter() + 5)
while len(worker._tree.members()) < 2:
    time.sleep(0.01)
print(sandbox._backend.__dict__.get("_session", ""), worker._tree.root, *worker._tree.members(), flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as session:
        assert session.stdout is not None
        folder, *words = session.stdout.readline().split(" ")
        pids = [int(word) for word in words]
        session.kill()
    assert len(pids) >= 3
    for pid in pids:
        for _ in range(200):
            if not _alive(pid):
                break
            time.sleep(0.05)
        assert not _alive(pid)
    if folder:
        shutil.rmtree(folder)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
