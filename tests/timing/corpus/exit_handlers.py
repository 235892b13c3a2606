"""expect: error. Leaves, and answers from a handler that runs at the end."""
import atexit
import os
import sys


def late():
    for descriptor in range(1, 1024):
        try:
            os.write(descriptor, b"95931\n")
        except OSError:
            pass


atexit.register(late)


def get_difference(numbers):
    sys.exit(0)
