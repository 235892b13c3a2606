"""What tokens cost."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """USD per million tokens, and where that is from."""

    input: Decimal
    output: Decimal
    source: str
