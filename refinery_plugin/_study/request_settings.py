"""What is sent to a server beside the messages, and what is not: for a whole study and for single models."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from refinery_plugin._study.levels import LevelError, nearest

FIELDS = ("max_tokens", "temperature", "seed")
"""The fields of a request that may be left out or renamed; ``model`` and ``messages`` are always sent."""

VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
"""How a header's value names a variable of the environment."""

_KEYS = ("drop", "rename", "extra", "headers")
_OURS = ("model", "messages", "stream", "n")
_REASONS = re.compile(r"(?:.*/)?(?:o[134](?![a-z0-9.])|gpt-5(?!-chat)(?![0-9]))", re.IGNORECASE)
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_LOOKS_SECRET = re.compile(r"(?i)^(?:proxy-)?authorization$|key$|token$|secret$|cookie$")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RequestRules:
    """How a request to one model differs from ours: fields left out, renamed, added, and headers."""

    drop: tuple[str, ...] = ()
    rename: Mapping[str, str] = dataclasses.field(default_factory=lambda: MappingProxyType({}))
    extra: Mapping[str, Any] = dataclasses.field(default_factory=lambda: MappingProxyType({}))
    headers: Mapping[str, str] = dataclasses.field(default_factory=lambda: MappingProxyType({}))

    def over(self, below: RequestRules) -> RequestRules:
        """Return these rules with those of ``below`` where these say nothing."""
        said = {*self.rename, *self.extra}
        return RequestRules(
            drop=(*(name for name in below.drop if name not in said and name not in self.drop), *self.drop),
            rename={**below.rename, **self.rename},
            extra={**below.extra, **self.extra},
            headers={**below.headers, **self.headers},
        )

    def sends(self, field: str) -> bool:
        """Whether a field of ours is sent: it is not left out, and nothing that is added has its name."""
        return field not in self.drop and self.rename.get(field, field) not in self.extra

    def document(self) -> dict[str, object]:
        """Return how bodies differ, as JSON; headers change nothing that a model sees."""
        entries = {"drop": sorted(self.drop), "rename": dict(self.rename), "extra": dict(self.extra)}
        return {name: value for name, value in entries.items() if value}


NO_RULES = RequestRules()
REASONING = RequestRules(drop=("temperature",), rename={"max_tokens": "max_completion_tokens"})
"""What OpenAI's reasoning models want: they refuse ``max_tokens`` and every temperature but 1 with HTTP 400."""


def known_rules(model: str) -> RequestRules:
    """Return what a model is known to need by its name.

    Examples
    --------
    >>> known_rules("gpt-5-mini").drop, known_rules("openai/o3").drop, known_rules("gpt-4o").drop
    (('temperature',), ('temperature',), ())
    """
    return REASONING if _REASONS.match(model) else NO_RULES


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RequestTable:
    """The rules of a study, and those of single models on top."""

    common: RequestRules = NO_RULES
    models: Mapping[str, RequestRules] = dataclasses.field(default_factory=lambda: MappingProxyType({}))

    def of(self, model: str) -> RequestRules:
        """Return the rules for one model: its own over the study's over what its name says."""
        return self.models.get(model, NO_RULES).over(self.common.over(known_rules(model)))

    def document(self, models: Iterable[str]) -> dict[str, object]:
        """Return how the bodies of requests to some models differ, by model, as JSON; empty where none does."""
        by_model = {model: self.of(model).document() for model in sorted(models)}
        return {model: rules for model, rules in by_model.items() if rules}


NO_TABLE = RequestTable()


def parse_request(value: object) -> RequestTable:
    """Read ``request`` of a study.

    Raises
    ------
    LevelError : with the key below ``request`` and what is allowed.
    """
    table = _table("", value)
    common = {key: entry for key, entry in table.items() if key in _KEYS}
    models = {key: entry for key, entry in table.items() if key not in _KEYS}
    for name, entry in models.items():
        if not isinstance(entry, Mapping):
            raise LevelError(
                f"{name}: there is no such key{nearest(name, _KEYS)}; known are {', '.join(_KEYS)}, and "
                'tables of models such as [request."gpt-5"]'
            )
    return RequestTable(
        common=_rules("", common),
        models=MappingProxyType(
            {name: _rules(f"{name}.", _table(name, entry)) for name, entry in models.items()}
        ),
    )


def _table(where: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise LevelError(f"{where}: must be a table, got {value!r}".lstrip(": "))
    return value


def _rules(where: str, table: Mapping[str, Any]) -> RequestRules:
    for key in table:
        if key not in _KEYS:
            raise LevelError(
                f"{where}{key}: there is no such key{nearest(key, _KEYS)}; known are {', '.join(_KEYS)}"
            )
    drop = table.get("drop", [])
    if not isinstance(drop, list) or not all(isinstance(name, str) for name in drop):
        raise LevelError(f'{where}drop: must be a list of names such as ["seed"], got {drop!r}')
    rename = _texts(f"{where}rename", table.get("rename", {}))
    for name in [*drop, *rename]:
        if name not in FIELDS:
            raise LevelError(
                f"{where}{'drop' if name in drop else 'rename'}: {name!r} is not sent{nearest(name, FIELDS)}; "
                f"what may be left out or renamed is {', '.join(FIELDS)}"
            )
    extra = dict(_table(f"{where}extra", table.get("extra", {})))
    for name in [*extra, *rename.values()]:
        if name in _OURS:
            raise LevelError(f"{where}{'extra' if name in extra else 'rename'}: {name!r} cannot be set here")
    return RequestRules(
        drop=tuple(drop),
        rename=MappingProxyType(rename),
        extra=MappingProxyType(_plain(f"{where}extra", extra)),
        headers=MappingProxyType(_headers(f"{where}headers", table.get("headers", {}))),
    )


def _texts(where: str, value: object) -> dict[str, str]:
    table = _table(where, value)
    for name, text in table.items():
        if not isinstance(text, str) or not text.strip():
            raise LevelError(f"{where}.{name}: must be a text that is not empty, got {text!r}")
    return dict(table)


def _plain(where: str, value: Any) -> Any:  # noqa: ANN401 - JSON
    match value:
        case bool() | int() | str():
            return value
        case float() if value == value and abs(value) != float("inf"):  # noqa: PLR0124 - not a number
            return value
        case Mapping():
            return {name: _plain(f"{where}.{name}", inner) for name, inner in value.items()}
        case list():
            return [_plain(f"{where}[{index}]", inner) for index, inner in enumerate(value)]
    raise LevelError(
        f"{where}: {value!r} cannot be sent as JSON; use texts, numbers, true, false, lists and tables"
    )


def _headers(where: str, value: object) -> dict[str, str]:
    headers = _texts(where, value)
    for name, text in headers.items():
        if not _HEADER.fullmatch(name) or not text.isascii() or not text.isprintable():
            raise LevelError(f"{where}.{name}: is no header; names are like api-key, values printable ASCII")
        if _LOOKS_SECRET.search(name) and not VARIABLE.search(text):
            # The value is not shown: it may be a key.
            raise LevelError(
                f"{where}.{name}: a key has no place in a file; name a variable of the environment: "
                f'{name} = "${re.sub("[^A-Z0-9]", "_", name.upper())}"'
            )
    return headers
