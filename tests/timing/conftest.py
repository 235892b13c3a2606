"""The fixture of the tests of whole sessions."""

from __future__ import annotations

from timing_project import project

__all__ = ["project"]
