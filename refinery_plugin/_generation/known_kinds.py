"""The kinds of feedback and the protocols that a study may name: ours, and those that a ``conftest.py`` adds."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from refinery_plugin._errors import RefineryError
from refinery_plugin._generation.feedback import OWN_FEEDBACK, FeedbackKind
from refinery_plugin._generation.prompts import Brief
from refinery_plugin._generation.protocols import OWN_PROTOCOLS, TeamProtocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from refinery_plugin._study.settings import Settings
    from refinery_plugin._study.task import Task

_Row = TypeVar("_Row", FeedbackKind, TeamProtocol)


class MethodError(RefineryError):
    """Kinds or protocols are not declared as they should be."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Methods:
    """All of them by name."""

    feedback: Mapping[str, FeedbackKind]
    protocols: Mapping[str, TeamProtocol]

    @classmethod
    def of(
        cls, feedback: Iterable[object] = OWN_FEEDBACK, protocols: Iterable[object] = OWN_PROTOCOLS
    ) -> Methods:
        """Take them from what hooks returned.

        Raises
        ------
        MethodError : for what is no kind or protocol, and where two have one name.
        """
        return cls(
            feedback=_by_name(feedback, FeedbackKind, "pytest_refinery_feedback"),
            protocols=_by_name(protocols, TeamProtocol, "pytest_refinery_protocols"),
        )

    def choices(self) -> dict[str, tuple[str, ...]]:
        """Return the names that the settings may have."""
        return {"feedback": tuple(self.feedback), "protocol": tuple(self.protocols)}

    def brief(self, task: Task, settings: Settings, packages: Sequence[str]) -> Brief:
        """Return what does not change during a trajectory."""
        return Brief(
            task=task,
            settings=settings,
            packages=packages,
            feedback=self.feedback[settings.feedback],
            protocol=self.protocols[settings.protocol],
        )


def _by_name(rows: Iterable[object], kind: type[_Row], hook: str) -> Mapping[str, _Row]:
    by_name: dict[str, _Row] = {}
    for row in rows:
        if not isinstance(row, kind):
            raise MethodError(f"{hook} must return {kind.__name__}s, got {row!r}")
        if not isinstance(row.name, str) or not row.name.strip():
            raise MethodError(
                f"{hook}: {kind.__name__} needs a name that is a text and not empty, got {row.name!r}"
            )
        if by_name.setdefault(row.name, row) is not row:
            raise MethodError(f"{hook}: two are called {row.name!r}; rename one")
    return MappingProxyType(by_name)
