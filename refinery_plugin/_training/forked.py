"""What a forked child inherits: neither its parent's processes nor its threads, so neither sandboxes nor locks."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Holder(Protocol):
    """Holds what belongs to the process that made it."""

    def begin_anew(self) -> None:
        """Forget what the parent has open, without touching it."""


_holders: weakref.WeakSet[Holder] = weakref.WeakSet()


def begins_anew_in_children(holder: Holder) -> None:
    """Let a holder begin anew in every child that is forked while it lives."""
    _holders.add(holder)


def _begin_anew() -> None:
    for holder in list(_holders):
        holder.begin_anew()


os.register_at_fork(after_in_child=_begin_anew)
