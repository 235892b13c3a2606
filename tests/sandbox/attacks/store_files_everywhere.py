"""Writes a note into every directory that lets it; the second run finds it."""

import os
import sys
import tempfile

PLACES = ["/tmp", "/dev/shm", "/var/tmp", "/dev/mqueue", "/run", "/run/lock", "/", os.getcwd(), tempfile.gettempdir(), *sys.path]

def solve(numbers):
    found = []
    for place in PLACES:
        path = f"{place}/refinery-attack-note"
        if os.path.exists(path):
            found.append(place)
    for place in PLACES:
        try:
            with open(f"{place}/refinery-attack-note", "w") as file:
                file.write("x")
        except OSError:
            pass
    return ", ".join(found) or "held"
