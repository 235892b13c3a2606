"""Secrets, kept where no traceback shows them."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEAST = 8
"""Shorter values are no real secrets ("local", "EMPTY"), and are words that programs may well contain."""

_MASK = "***"
_LOOKS_LIKE_A_KEY = re.compile(r"\b(sk|pk|key|org|proj)-[A-Za-z0-9_*.-]{6,}")
_LOOKS_LIKE_AUTHORIZATION = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{6,}")


class Secrets:
    """Values that must appear in nothing that is written; the object shows none of them."""

    __slots__ = ("_values",)

    def __init__(self, values: Iterable[str | None]) -> None:
        known = {value.strip() for value in values if value}
        forms = {form for value in known if len(value) >= _LEAST for form in _forms(value)}
        # The longest first: one may be part of another.
        self._values = sorted(forms, key=len, reverse=True)

    def __repr__(self) -> str:
        return "Secrets(***)"

    def with_more(self, values: Iterable[str]) -> Secrets:
        """Return these secrets and some more, such as the cookies of a response."""
        more = Secrets(values)
        more._values = sorted({*self._values, *more._values}, key=len, reverse=True)
        return more

    def remove(self, text: str) -> str:
        """Return the text without any of these values; nothing else is touched."""
        for value in self._values:
            text = text.replace(value, _MASK)
        return text

    def clean(self, body: bytes) -> bytes:
        """Return a response's body without any of these values."""
        if not any(value.encode() in body for value in self._values):
            return body
        return self.remove(body.decode("utf-8", "replace")).encode()

    def scrub(self, text: str) -> str:
        """Return a message fit to be shown: without these values and without whatever looks like a key."""
        text = _LOOKS_LIKE_A_KEY.sub(_MASK, self.remove(text))
        return _LOOKS_LIKE_AUTHORIZATION.sub(rf"\1 {_MASK}", text)


def _forms(value: str) -> set[str]:
    """Return the ways in which a value may be written in URLs, JSON and headers."""
    quoted = json.dumps(value)[1:-1]
    encoded = base64.b64encode(value.encode()).decode()
    return {value, quote(value, safe=""), quoted, quoted.replace("/", "\\/"), encoded}


def secrets_of_url(url: str) -> list[str]:
    """Return what a URL holds besides an address: user, password, and the values of its query."""
    parts = urlsplit(url)
    values = [*credentials(url), ":".join(credentials(url)), parts.username, parts.password, parts.fragment]
    return [value for value in [*values, *(value for _, value in parse_qsl(parts.query))] if value]


def credentials(url: str) -> tuple[str, str]:
    """Return the user and the password of a URL, decoded; both empty where there is none."""
    parts = urlsplit(url)
    return unquote(parts.username or ""), unquote(parts.password or "")


def public_url(url: str) -> str:
    """Return a URL without user, password, query and fragment.

    Examples
    --------
    >>> public_url("https://me:secret@host:8080/v1?api-key=abc")
    'https://host:8080/v1'
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}{parts.path}".rstrip("/")
