"""expect: timeout. Stops itself, so that its clock may stop as well."""
import os
import signal


def get_difference(numbers):
    os.kill(os.getpid(), signal.SIGSTOP)
    return 95_931
