"""What may go wrong with the sandbox itself; what programs do wrong is an :class:`Outcome`, never an exception."""

from __future__ import annotations

from refinery_plugin._errors import RefineryError


class SandboxError(RefineryError):
    """No containment can be had here, or what was asked of it makes no sense; the message names the remedies."""


class SandboxFault(RefineryError):  # noqa: N818 - "error" is what programs do
    """The sandbox itself failed (would not start, would not die): an error of the session, never of the program."""
