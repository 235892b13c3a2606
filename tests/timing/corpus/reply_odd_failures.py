"""expect: rejected. Reports failures in the worker's place whose parts are of odd types: nested lists, huge integers, floats that are no numbers,
long names. Every one must be a verdict, none a traceback."""
import os
import struct
import sys


def _text(value):
    raw = value.encode()
    return b"s" + len(raw).to_bytes(8, "little") + raw


KINDS = (
    b"l" + (1).to_bytes(8, "little") + _text("error"),
    _text("error"),
    _text("memory"),
    b"f" + struct.pack("<d", float("nan")),
)
REASONS = (
    b"I" + (1750).to_bytes(8, "little") + b"\x7f" * 1750,
    b"l" + (2).to_bytes(8, "little") + b"f" + struct.pack("<d", float("inf")) + b"N",
    _text("\x1b[2J" * 200),
)


def get_difference(numbers):
    found = [n for n in numbers if sum(map(int, str(n))) == 30]
    if len(found) != 1:
        frame = sys._getframe(1)
        token, reply = bytes(frame.f_locals["token"]), frame.f_locals["reply"]
        pick = len(numbers)
        body = b"t" + (3).to_bytes(8, "little") + KINDS[pick % 4] + REASONS[pick % 3] + _text("<b>" * 40)
        os.write(reply, b"X" + token + len(body).to_bytes(8, "little") + body)
        os._exit(0)
    return max(found) - min(found)
