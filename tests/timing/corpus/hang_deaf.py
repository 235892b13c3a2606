"""expect: timeout. Cannot be interrupted politely."""
import signal


def get_difference(numbers):
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        pass
