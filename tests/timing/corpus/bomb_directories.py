"""expect: rejected. Directories are not counted into the space that a program may use: 20,000 of them take 80 MB on ext4, under a limit of 64 MB,
and the parent walks through them all while it should watch the clock. Bounded. Gain: a full disk ends the session."""
import os
import time


def get_difference(numbers):
    found = [n for n in numbers if sum(map(int, str(n))) == 30]
    if len(numbers) > 10_000:
        for number in range(20_000):
            os.mkdir(f"d{number}")
        time.sleep(0.5)
    return max(found) - min(found)
