"""What a machine is called, and what is known of it: as pytest-benchmark's files tell it of theirs."""

from __future__ import annotations

import contextlib
import os
import platform
from pathlib import Path

NAME = "REFINERY_MACHINE"
"""Environment variable that names the machine, where its own name says nothing: a container's changes with each."""


def describe_machine() -> dict[str, object]:
    """Return ``name``, and beside it node, processor, system and Python."""
    node = os.environ.get(NAME) or platform.node()
    brand = _processor()
    return {
        "name": " / ".join(filter(None, (node, brand))),
        "node": node,
        "processor": platform.processor(),
        "machine": platform.machine(),
        "system": platform.system(),
        "release": platform.release(),
        "python_version": platform.python_version(),
        "cpu": {"brand_raw": brand, "count": os.cpu_count()},
    }


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return ""
