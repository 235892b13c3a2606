"""What a server says when it refuses a request, in whatever form, and what to do about it (pure)."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import TYPE_CHECKING, Any

from refinery_plugin._generation.request_body import source_of
from refinery_plugin._study.request_settings import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from refinery_plugin._study.request_settings import RequestRules

_LONGEST = 4000
_DEEPEST = 8
_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
_FILTER = re.compile(
    r"content[_ ]?(?:filter|policy|management)|responsible ?ai|data_inspection", re.IGNORECASE
)
_OVERFLOW = re.compile(
    r"context[_ ](?:length|window|size)|maximum context|(?:prompt|input|message)s? (?:is |are )?too long|"
    r"too many (?:input )?tokens|exceeds? the (?:model|context|max)|reduce the length|context is full|context too long",
    re.IGNORECASE,
)
_NO_MODEL = re.compile(
    r"model_not_found|invalid_model|unknown model|(?:no such|invalid) model\b|\bmodel\b.{0,80}"
    r"(?:does not exist|not exist|not found|is not available|not served)",
    re.IGNORECASE | re.DOTALL,
)
_NO_SYSTEM = re.compile(
    r"system (?:role|message|instruction|prompt)s?.{0,40}(?:not|n't) (?:supported|enabled|allowed|support)"
    r"|developer instruction is not enabled|does not support .{0,20}system",
    re.IGNORECASE | re.DOTALL,
)
_TIME = r"\d+(?:\.\d+)?\s*(?:ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)(?![a-z])"
_IN_WORDS = re.compile(
    rf"(?:try again|retry|wait|available|reset)[^.\n]{{0,40}}?\b(?:in|after|for)\s+((?:{_TIME}\s*)+)",
    re.IGNORECASE,
)
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|milli|s|m|h)", re.IGNORECASE)
_UNITS = {"ms": 0.001, "milli": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DELAY_KEYS = ("retryDelay", "retry_after", "retry_after_seconds", "retry-after", "retryAfter")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What a server said.

    Parameters
    ----------
    text : its message, or the start of the body, on one line.
    fields : names of fields of the request that it points at.
    delay : seconds that it asks to wait.
    status : the HTTP status that the body names.
    no_credit, filtered, overflow, no_model, no_system : what it is about: money, a content filter, a conversation
        that is too long, an unknown model, messages of a role that the model does not take.
    """

    text: str
    fields: tuple[str, ...] = ()
    delay: float | None = None
    status: int | None = None
    no_credit: bool = False
    filtered: bool = False
    overflow: bool = False
    no_model: bool = False
    no_system: bool = False


def read_refusal(data: bytes) -> Refused:
    """Read the body of a refusal: an error object in any of the forms that servers use, or plain text."""
    raw = data[:_LONGEST].decode("utf-8", "replace")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        document = None
    pairs = list(_pairs(document)) if isinstance(document, dict | list) else []
    texts = [
        value
        for key, value in pairs
        if key in ("message", "msg", "detail", "error", "error_description") and isinstance(value, str)
    ]
    text = "; ".join(dict.fromkeys(texts)) or raw
    codes = {str(value) for key, value in pairs if key in ("code", "type", "status")}
    about = " ".join([text, *sorted(codes)])
    text = " ".join(text.split())
    return Refused(
        text=text,
        fields=tuple(dict.fromkeys(_fields(pairs, text))),
        delay=_delay(pairs, text),
        status=next((int(code) for code in sorted(codes) if re.fullmatch("[45][0-9][0-9]", code)), None),
        no_credit=bool(codes & _CREDIT),
        filtered=_FILTER.search(about) is not None,
        overflow=_OVERFLOW.search(about) is not None,
        no_model=_NO_MODEL.search(about) is not None,
        no_system=_NO_SYSTEM.search(about) is not None,
    )


def _pairs(value: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - JSON
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from _pairs(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value[:20]:
            yield from _pairs(inner, depth + 1)


def _fields(pairs: list[tuple[str, Any]], text: str) -> Iterator[str]:
    for key, value in pairs:
        if key in ("param", "parameter", "field") and isinstance(value, str):
            yield value.split(".")[-1]
        if key == "loc" and isinstance(value, list):
            yield from (str(part) for part in value if part != "body")
    # What is named in words: quoted, or one of our own.
    yield from re.findall(r"['\"`]([A-Za-z_]\w{2,40})['\"`]", text)
    yield from (name for name in (*FIELDS, "max_completion_tokens") if re.search(rf"\b{name}\b", text))


def _delay(pairs: list[tuple[str, Any]], text: str) -> float | None:
    for key, value in pairs:
        if key in _DELAY_KEYS and (seconds := _seconds(value)) is not None:
            return seconds
    match = _IN_WORDS.search(text)
    return None if match is None else _seconds(match[1])


def _seconds(value: object) -> float | None:
    """Read ``34``, ``"34s"``, ``"6m12s"``, ``"850ms"`` or ``"1 minute"``."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if 0 <= value < float("inf") else None
    if not isinstance(value, str):
        return None
    if parts := _PART.findall(value):
        return sum(float(number) * _UNITS[unit.lower()] for number, unit in parts)
    return float(value) if re.fullmatch(r"\d{1,9}(?:\.\d+)?", value) else None


def remedy(said: Refused, body: Mapping[str, object], rules: RequestRules) -> str | None:
    """Return the lines to add to the study where the request itself is refused, so that every program's would be."""
    if said.no_system and any(message.get("role") == "system" for message in _messages(body)):
        return 'send no system message: add to the study\n\n    [prompts]\n    system = ""'
    for field in said.fields:
        source = source_of(field, rules) if field in body else None
        if source == "extra":
            return f"take {field} out of request.extra in the study"
        if source is not None:
            rename = field == "max_tokens" and "max_completion_tokens" in said.text
            line = 'rename = { max_tokens = "max_completion_tokens" }' if rename else f'drop = ["{source}"]'
            return (
                f"{'send it by its other name' if rename else 'leave it out'}: add to the study\n\n"
                f"    request = {{ {line} }}\n\n"
                f'or, for this model alone,\n\n    [request."{body.get("model")}"]\n    {line}'
            )
    return None


def _messages(body: Mapping[str, object]) -> list[dict[str, object]]:
    messages = body.get("messages")
    return messages if isinstance(messages, list) else []
