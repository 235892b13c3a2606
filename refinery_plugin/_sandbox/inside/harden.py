"""The worker contains itself, as far as the backend has not done it from outside. Trusted code, before the import."""

from __future__ import annotations

import os
import resource
import sys
from typing import Any

from refinery_plugin._sandbox.inside import kernel
from refinery_plugin._sandbox.inside.private_root import enter_private_root
from refinery_plugin._sandbox.inside.shared_memory import without_shared_memory
from refinery_plugin._sandbox.inside.start_methods import fork_instead_of


def harden(config: dict[str, Any]) -> dict[str, object]:
    """Give up everything that ``config`` does not grant; returns what the parent may want to know.

    The order matters: descriptors and paths while we may still open them, then the user, then no way back.
    """
    os.environ.clear()
    if config["view"]:
        enter_private_root(config["view"])
    os.umask(0o077)
    ruleset = None
    if config["rules"] is not None:
        ruleset = kernel.landlock_ruleset(config["abi"], config["rules"])
    if config["own_shared_memory"]:
        fork_instead_of("forkserver")
    else:
        without_shared_memory(config["home"])
        fork_instead_of("forkserver", "spawn")
    os.chdir(config["home"])
    sys.path[:] = [path for path in sys.path if path.startswith(sys.base_prefix)] + config["path"]
    sys.argv[:] = ["solution.py"]
    sys.dont_write_bytecode = True
    _limit(config["rlimits"])
    uid = config["uid"]
    if uid is not None:
        kernel.narrow_capabilities()
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    elif config["view"]:
        kernel.narrow_capabilities()
    if uid is not None or config["view"]:
        kernel.drop_capabilities()  # those in a user namespace of its own included
    kernel.no_new_privileges()
    if ruleset is not None:
        kernel.landlock_restrict(ruleset)
    if config["filter"]:
        kernel.install_filter(config["filter"])
    return {"uid": os.getuid(), "pid": os.getpid()}


def _limit(rlimits: dict[str, int]) -> None:
    for name, value in rlimits.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)  # noqa: PLW2901
        resource.setrlimit(kind, (value, value))
