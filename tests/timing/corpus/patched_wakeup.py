"""expect: rejected. Lets the interpreter's own signal handling write to the channel."""
import os
import signal

for descriptor in range(3, 1024):
    try:
        os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(descriptor, warn_on_full_buffer=False)
    except (OSError, ValueError):
        continue
signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)


def get_difference(numbers):
    while True:
        pass
