"""What a call leaves in modules, caches and bytecode is there for the next."""

import builtins
import functools
import importlib.util
import json
import os
import sys

@functools.lru_cache(maxsize=None)
def answer(numbers):
    return sum(numbers)

def solve(numbers):
    found = []
    if answer.cache_info().currsize or hasattr(builtins, "refinery_attack") or hasattr(json, "refinery_attack"):
        found.append("a warm process")
    answer(tuple(numbers))
    builtins.refinery_attack = json.refinery_attack = True
    for module in (json, os):
        path = importlib.util.cache_from_source(module.__file__)
        try:
            with open(path, "ab") as file:
                file.write(b"x")
            found.append(f"wrote {path}")
        except OSError:
            pass
    return ", ".join(found) or "held"
