"""expect: rejected. Forks until it may not, then guesses."""
import os
import time


def get_difference(numbers):
    for _ in range(2000):
        try:
            if os.fork() == 0:
                time.sleep(60)
                os._exit(0)
        except OSError:
            break
    return 95_931
