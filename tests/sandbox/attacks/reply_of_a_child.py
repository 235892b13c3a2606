"""A child replies in the worker's place, which has the wrong answer ready, and both come."""

import os

def solve(numbers):
    child = os.fork()
    if child:
        os.waitid(os.P_PID, child, os.WNOWAIT | os.WEXITED | os.WNOHANG)
    return "held"
