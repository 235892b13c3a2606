"""What passes through the two pipes between parent and worker.

Parent to worker, on the command pipe::

    setup    size (8 bytes), marshal of (modules, config)       before any untrusted code
    program  size (8 bytes), marshal of (source, entry point)   the last thing before untrusted code
    data     size (8 bytes), arguments, nonce (16 bytes)        the nonce comes last: who knows it has seen all data
    go       token (16 bytes)                                   who knows it answers after "go"
    may free one byte, before the next data                     until then the arguments stay: freeing them takes time

Worker to parent, on the reply pipe, one frame for each of them::

    kind (1 byte), key (16 bytes), size (8 bytes), body (size bytes)

with the kinds below. ``key`` is zero for HARDENED and LOADED, the nonce for READY, the token for VALUE and FAILED.
Bytes that come when none are due, another key, another kind, or one byte too many are tampering.
"""

from __future__ import annotations

import marshal

KEY_BYTES = 16
HEADER_BYTES = 1 + KEY_BYTES + 8

HARDENED = b"H"  # body: encoded facts about the containment
LOADED = b"L"
READY = b"R"
VALUE = b"V"  # body: the encoded result
FAILED = b"X"  # body: encoded (kind, reason, error_type)

MAY_FREE = b"f"
NO_KEY = bytes(KEY_BYTES)
FAILURE_BYTES = 16 << 10
"""Longest body of a FAILED frame."""


def program_message(source: bytes, entry_point: str) -> bytes:
    """Make the message that brings the program."""
    body = marshal.dumps((source, entry_point))
    return len(body).to_bytes(8, "little") + body
