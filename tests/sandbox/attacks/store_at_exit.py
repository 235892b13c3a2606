"""Finalizers of every kind write a note when the process ends."""

import atexit
import os
import threading
import weakref

PATHS = ["/tmp/refinery-attack-exit", "/dev/shm/refinery-attack-exit", "refinery-attack-exit"]

def leave():
    for path in PATHS:
        try:
            open(path, "w").close()
        except OSError:
            pass

class Note:
    def __del__(self):
        leave()

class Key:
    pass

KEY, NOTE = Key(), Note()
weakref.finalize(KEY, leave)
atexit.register(leave)
threading._register_atexit(leave)

def solve(numbers):
    return ", ".join(path for path in PATHS if os.path.exists(path)) or "held"
