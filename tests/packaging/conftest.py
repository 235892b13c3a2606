"""What users get: the source distribution, its wheel, and an environment with nothing but that wheel."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from wheel_lab import Built, Installed, need

ROOT = Path(__file__).parents[2]
collect_ignore = ["sample_project"]


def _build(source: Path, out: Path, *options: str) -> list[Path]:
    # Without isolation: the backend comes from this environment, and no build asks an index for anything.
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), *options, str(source)]
    done = subprocess.run(command, text=True, capture_output=True, cwd=out, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return sorted(out.iterdir())


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build both, and the wheel once more straight from the tree."""
    for module in ("build", "hatchling"):
        need(module, "REFINERY_REQUIRE_BUILD")
    wheel, sdist = _build(ROOT, tmp_path_factory.mktemp("dist"))
    (direct,) = _build(ROOT, tmp_path_factory.mktemp("direct"), "--wheel")
    return Built(sdist=sdist, wheel=wheel, direct=direct)


@pytest.fixture(scope="session")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Install the wheel in a fresh environment.

    Dependencies are those of the environment that runs the tests, by a path file: to download them again would take
    minutes. That what the metadata ask for is enough is tried by ``tox run -e pilot``, which installs nothing else.
    """
    root = tmp_path_factory.mktemp("environment") / "venv"
    venv.create(root, with_pip=False, symlinks=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(root), "platbase": str(root)}))
    target = [sys.executable, "-m", "pip", "--python", str(root / "bin" / "python")]
    options = ["install", "--quiet", "--no-index", "--no-deps", str(built.wheel)]
    done = subprocess.run([*target, *options], text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return Installed(root=root)
