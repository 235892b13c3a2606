"""Call what a task brings along, and give it up after some time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from refinery_plugin._errors import RefineryError

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLE_SECONDS = 10.0
"""One input may take so long to make."""


class TooSlowError(RefineryError):
    """It did not return in time."""


def within(seconds: float, call: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever it returns
    """Return what a call returns, or raise what it raises.

    Raises
    ------
    TooSlowError : when it takes longer; its thread ends with the process.
    """
    results: list[Any] = []
    raised: list[Exception] = []

    def run() -> None:
        try:
            results.append(call())
        except Exception as exc:  # noqa: BLE001 - raised again where it was asked for
            raised.append(exc)

    thread = threading.Thread(target=run, daemon=True, name="refinery-patience")
    thread.start()
    thread.join(seconds)
    if raised:
        raise raised[0]
    if not results:
        raise TooSlowError(f"it took more than {seconds:g} s")
    return results[0]
