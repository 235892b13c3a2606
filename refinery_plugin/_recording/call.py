"""One request on its way through the client."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from refinery_plugin._study.request_settings import NO_RULES

if TYPE_CHECKING:
    from refinery_plugin._recording.cassette import Recorded, TrajectoryCassette
    from refinery_plugin._study.pricing import Price
    from refinery_plugin._study.request_settings import RequestRules


@dataclasses.dataclass(slots=True, kw_only=True)
class Call:
    """What the transport needs to know of a request, and what it found out.

    Parameters
    ----------
    tape : the trajectory's cassette.
    model : the name of the model.
    remaining_ms : milliseconds until the deadline; ``None`` without one.
    price : what the model costs now.
    most_tokens : upper bounds of prompt and completion.
    is_bounded : whether that of the completion is one: a study may send no limit.
    rules : how requests to the model differ.
    recorded : the response, once there is one.
    replayed : whether it came from the tape.
    """

    tape: TrajectoryCassette
    model: str
    remaining_ms: int | None
    price: Price | None
    most_tokens: tuple[int, int]
    is_bounded: bool = True
    rules: RequestRules = NO_RULES
    recorded: Recorded | None = None
    replayed: bool = True

    def is_late(self, latency_ms: float) -> bool:
        """Whether what takes this long misses the deadline: the one rule, live and replayed."""
        return self.remaining_ms is not None and latency_ms > self.remaining_ms
