"""expect: rejected. Answers before it is asked, on every descriptor, in every shape it knows."""
import json
import os
import struct

for descriptor in range(3, 64):
    for reply in (b"95931\n", json.dumps({"result": 95_931}).encode() + b"\n", struct.pack("<q", 95_931) * 8):
        try:
            os.write(descriptor, reply)
        except OSError:
            pass


def get_difference(numbers):
    return 95_931
