"""Secrets, kept where no traceback shows them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_LEAST = 4
_MASK = "***"


class Secrets:
    """Values that must appear in nothing that is written; the object shows none of them."""

    __slots__ = ("_values",)

    def __init__(self, *values: str | None) -> None:
        known = {value.strip() for value in values if value and len(value.strip()) >= _LEAST}
        # The longest first: one may be part of another.
        self._values = sorted(known, key=len, reverse=True)

    def __repr__(self) -> str:
        return "Secrets(***)"

    def scrub(self, text: str) -> str:
        """Return the text with every secret, and everything that looks like a key, replaced."""
        for value in self._values:
            text = text.replace(value, _MASK)
        text = re.sub(r"\b(sk|pk|key|org|proj)-[A-Za-z0-9_*.-]{6,}", _MASK, text)
        return re.sub(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{6,}", rf"\1 {_MASK}", text)


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
