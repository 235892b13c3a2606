"""What of this machine a program may read: interpreter, standard library, shared libraries, allowed packages."""

from __future__ import annotations

import dataclasses
import os
import stat
import sys
import sysconfig
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from refinery_plugin._sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SYSTEM_PREFIXES = frozenset({Path("/usr"), Path("/")})
_THIRD_PARTY = ("site-packages", "dist-packages")
_SMALL_FILES = ("/etc/ld.so.cache", "/sys/devices/system/cpu/online")  # where libraries are; os.cpu_count()
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """Paths that are readable in the sandbox, all absolute and existing.

    Parameters
    ----------
    interpreter : the real interpreter, behind any venv.
    trees : directories and files, readable as a whole but for ``hidden``.
    hidden : directories below ``trees`` that are not: third-party packages.
    packages : what is put into the sandbox's own package directory: name there, path here.
    """

    interpreter: Path
    trees: tuple[Path, ...]
    hidden: tuple[Path, ...]
    packages: dict[str, Path]

    @property
    def everything(self) -> tuple[Path, ...]:
        """Every path that must be readable."""
        return (*self.trees, *self.packages.values())


def find_runtime(packages: Sequence[str]) -> Runtime:
    """Find the runtime of this very interpreter, with ``packages`` and all that they require."""
    executable = getattr(sys, "_base_executable", None) or sys.executable
    interpreter = Path(os.path.realpath(executable))
    if not executable or not interpreter.is_file():
        raise SandboxError(
            f"Python does not know where its interpreter is ({executable!r}); start it by its full path"
        )
    trees = _trees(interpreter)
    hidden = sorted(
        {
            folder
            for tree in trees
            if tree.is_dir()
            for name in _THIRD_PARTY
            for pattern in (name, f"python*/{name}")
            for folder in tree.glob(pattern)
            if folder.is_dir()
        }
    )
    return Runtime(
        interpreter=interpreter,
        trees=tuple(trees),
        hidden=tuple(hidden),
        packages=dict(_find_packages(packages)),
    )


def _trees(interpreter: Path) -> list[Path]:
    prefix = Path(os.path.realpath(sys.base_prefix))
    stdlib = Path(os.path.realpath(Path(os.__file__).parent))
    wanted = [interpreter, *_library_directories(), *map(Path, _SMALL_FILES)]
    wanted += [stdlib] if prefix in _SYSTEM_PREFIXES else [prefix / "lib", prefix / "lib64", stdlib]
    if interpreter.is_relative_to("/nix/store"):
        wanted.append(Path("/nix/store"))
    trees: list[Path] = []
    for path in wanted:
        if path.exists() and not any(
            path == tree or (tree.is_dir() and path.is_relative_to(tree)) for tree in trees
        ):
            trees.append(path)
    return trees


def _library_directories() -> Iterable[Path]:
    multiarch = (
        sysconfig.get_config_var("MULTIARCH") or getattr(sys.implementation, "_multiarch", "") or "none"
    )
    narrow = [Path(f"/lib/{multiarch}"), Path(f"/usr/lib/{multiarch}")]
    yield Path("/lib64")
    yield Path("/usr/lib64")
    # Distributions without per-architecture directories keep their libraries where everything else is.
    yield from narrow if any(path.is_dir() for path in narrow) else (Path("/lib"), Path("/usr/lib"))


def _find_packages(names: Sequence[str]) -> Iterable[tuple[str, Path]]:
    done = set()
    waiting = [(name, "the study") for name in names]
    while waiting:
        name, wanted_by = waiting.pop()
        if canonicalize_name(name) in done:
            continue
        done.add(canonicalize_name(name))
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            raise SandboxError(
                f"package {name!r}, which {wanted_by} allows programs to import, is not installed for "
                f"{sys.executable}; install it there, or take it off the study's packages"
            ) from None
        yield from _top_level(distribution)
        waiting += [
            (requirement.name, repr(name))
            for requirement in map(Requirement, distribution.requires or ())
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        ]


def _top_level(distribution: metadata.Distribution) -> Iterable[tuple[str, Path]]:
    files = distribution.files or ()
    names = {
        file.parts[0] for file in files if file.parts and file.parts[0] not in ("..", "__pycache__", "/")
    }
    has_modules = False
    for name in sorted(names):
        path = Path(os.path.realpath(str(distribution.locate_file(name))))
        if path.exists() and not name.endswith(".pth"):
            has_modules = has_modules or not name.endswith((".dist-info", ".egg-info"))
            yield name, path
    if not has_modules:
        raise SandboxError(
            f"package {distribution.metadata['Name']!r} has no files of its own in site-packages (an editable "
            "install?), so it cannot be shown to programs; install it normally"
        )


def closed_ways(paths: Iterable[Path]) -> dict[Path, list[Path]]:
    """Find the topmost directories on the way to ``paths`` that another user may not enter; empty is good.

    Returns
    -------
    Each such directory, and those of ``paths`` that lie in it.
    """
    closed: dict[Path, list[Path]] = {}
    for path in paths:
        for directory in reversed(path.parents):
            if not directory.stat().st_mode & stat.S_IXOTH:
                closed.setdefault(directory, []).append(path)
                break
    return closed
