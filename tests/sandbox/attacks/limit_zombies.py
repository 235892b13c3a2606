"""Children that have ended and are never reaped."""

import os

def solve(numbers):
    made = 0
    try:
        for _ in range(2000):
            if not os.fork():
                os._exit(0)
            made += 1
    except OSError:
        pass
    return "held" if made < 1000 else f"{made} zombies"
