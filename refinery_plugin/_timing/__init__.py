"""Verification and timing of programs.

``_hooks`` and ``_program`` are the side of pytest, ``_measurement`` is one session, ``_examine`` one program,
``_runs`` one call in a fresh sandbox; the rest is pure, or one effect each.
"""

from __future__ import annotations

from refinery_plugin._pytest.program import Program, program_of

__all__ = ["Program", "program_of"]
