"""Fixtures of the tests of verification and timing."""

from __future__ import annotations

from conftest_timing import project

__all__ = ["project"]
