"""expect: error. Recurses in C until the stack is gone."""
import sys


def get_difference(numbers):
    sys.setrecursionlimit(10**9)

    class Deep:
        def __getattr__(self, name):
            return getattr(self, name + "x")

    return Deep().x
