"""expect: rejected. Writes a well-formed reply itself: a list of 15 million times None in 15 MB, which the parent decodes item by item, in Python,
before it looks at the type. Gain: none, but every run costs the session half a minute and some memory that no limit counts."""
import os
import sys

ITEMS = 15_000_000


def get_difference(numbers):
    found = [n for n in numbers if sum(map(int, str(n))) == 30]
    if len(numbers) > 10_000:
        frame = sys._getframe(1)
        while frame is not None and not {"token", "reply"} <= frame.f_locals.keys():
            frame = frame.f_back
        if frame is not None:
            body = b"l" + ITEMS.to_bytes(8, "little") + b"N" * ITEMS
            message = memoryview(b"V" + bytes(frame.f_locals["token"]) + len(body).to_bytes(8, "little") + body)
            while message:
                message = message[os.write(frame.f_locals["reply"], message) :]
            os._exit(0)
    return max(found) - min(found)
