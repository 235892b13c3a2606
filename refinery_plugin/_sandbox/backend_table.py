"""All backends, one row each: options, selection and messages are made from it.

Light to import, on any system: the modules of the backends, which only Linux has, come when one is opened.
"""

from __future__ import annotations

import dataclasses
import importlib
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from refinery_plugin._sandbox.backends.base import Backend
    from refinery_plugin._sandbox.backends.runtime import Runtime


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BackendRow:
    """One backend.

    Parameters
    ----------
    name : what users call it.
    module : of ``refinery_plugin._sandbox.backends``, and ``factory`` the class in it.
    contains : whether it holds programs in; one that does not is used only when it is asked for by name.
    guardian : whether a process of ours stands between parent and program and ends all processes; a backend whose
        namespace does so needs none.
    """

    name: str
    module: str
    factory: str
    contains: bool = True
    guardian: bool = True

    def open(self, runtime: Runtime) -> Backend:
        """Make the backend; it has yet to be seen to hold."""
        module = importlib.import_module(f"refinery_plugin._sandbox.backends.{self.module}")
        factory = cast("Callable[[Runtime], Backend]", getattr(module, self.factory))
        return factory(runtime)


BACKENDS = {
    row.name: row
    for row in (
        BackendRow(name="bwrap", module="bwrap", factory="Bwrap", guardian=False),
        BackendRow(name="landlock", module="landlock", factory="Landlock"),
        BackendRow(name="none", module="landlock", factory="Unconfined", contains=False),
    )
}
"""By name; those that contain something are tried in this order."""
AUTO = "auto"
NAMES = (AUTO, *BACKENDS)
"""What may be asked for."""


def candidates(name: str) -> list[BackendRow]:
    """Return the backends that a name stands for, in the order in which they are tried."""
    return [row for row in BACKENDS.values() if row.contains] if name == AUTO else [BACKENDS[name]]
