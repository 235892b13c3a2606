"""expect: error. Kills every process that it may."""
import os


def get_difference(numbers):
    for victim in (-1, os.getppid(), 1, 0):
        try:
            os.kill(victim, 9)
        except OSError:
            pass
    os.kill(os.getpid(), 9)
