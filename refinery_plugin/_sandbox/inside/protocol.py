"""What passes through the two pipes between parent and worker.

Parent to worker, on the command pipe::

    setup    size (8 bytes), marshal of (modules, config)       before any untrusted code
    program  size (8 bytes), marshal of (source, entry point, exact, arrays)  the last thing before untrusted code
    get set  size (8 bytes), nonce (16 bytes)                   how much data will come; nothing of the data itself
    data     7 bytes of nothing, arguments, token (16 bytes)     the token comes last: who knows it has read all of it
    may free one byte, before the next "get set"                until then the arguments stay: freeing them takes time

Worker to parent, on the reply pipe, one frame for each of them::

    kind (1 byte), key (16 bytes), size (8 bytes), body (size bytes)

with the kinds below. ``key`` is zero for HARDENED and LOADED, the nonce for READY, the token for TAKEN, VALUE and
FAILED. READY comes before the first byte of the data, TAKEN when they have become arguments, just before the call; for
TAKEN nobody waits. The parent's clock runs from the first byte, and TAKEN only says how much of that was no part of
the call: who says it early loses by it, and late is not believed beyond what taking the data may cost. Bytes that
come when none are due, another key, another kind, or one byte too many are tampering.
"""

from __future__ import annotations

import marshal

KEY_BYTES = 16
HEADER_BYTES = 1 + KEY_BYTES + 8

HARDENED = b"H"  # body: encoded facts about the containment
LOADED = b"L"
READY = b"R"
TAKEN = b"T"
VALUE = b"V"  # body: the encoded result
FAILED = b"X"  # body: encoded (kind, reason, error_type)

MAY_FREE = b"f"
NO_KEY = bytes(KEY_BYTES)
FAILURE_BYTES = 16 << 10
"""Longest body of a FAILED frame."""


def program_message(source: bytes, entry_point: str, *, exact: bool, arrays: bool) -> bytes:
    """Make the message that brings the program.

    ``exact``: a NumPy scalar is no number. ``arrays``: there are NumPy arrays among the arguments.
    """
    body = marshal.dumps((source, entry_point, exact, arrays))
    return len(body).to_bytes(8, "little") + body
