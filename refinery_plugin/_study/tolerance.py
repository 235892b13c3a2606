"""How near a number must be to the expected one (pure)."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from refinery_plugin._errors import RefineryError


class CloseError(RefineryError):
    """A tolerance is not declared as it should be."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """A tolerance for the floats of a result, wherever in it they are.

    A number is right if it differs from the expected one by at most ``atol + rtol * abs(expected)``, as in
    ``numpy.isclose``. Not a number is right where not a number is expected, and an infinity only where the same one is.

    Parameters
    ----------
    rtol : relative to the expected number.
    atol : absolute; without it nothing but 0 itself is right where 0 is expected.

    Examples
    --------
    >>> Close(rtol=1e-6).accepts(1.0000001, 1.0), Close(rtol=1e-6).accepts(1e-9, 0.0)
    (True, False)
    """

    rtol: float = 0.0
    atol: float = 0.0

    def __post_init__(self) -> None:
        for name, value in (("rtol", self.rtol), ("atol", self.atol)):
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not (is_number and 0 <= value < math.inf):
                raise CloseError(f"Close: {name} must be a number of at least 0, got {value!r}")
        if self.rtol == self.atol == 0:
            raise CloseError("Close: give rtol, atol or both, such as Close(rtol=1e-9, atol=1e-12)")
        if self.rtol >= 1:
            raise CloseError(f"Close: rtol must be below 1, or 0 is always right, got {self.rtol!r}")

    def accepts(self, value: float, expected: float) -> bool:
        """Tell whether a number is near enough."""
        if value == expected or (value != value and expected != expected):  # noqa: PLR0124 - not a number
            return True
        try:
            # Infinite and not a number: no difference of theirs is below anything.
            return abs(value - expected) <= self.atol + self.rtol * abs(expected) < math.inf
        except OverflowError:  # integers beyond the floats
            return False

    def accepts_all(self, values: Any, expected: Any) -> Any:  # noqa: ANN401 - arrays, and NumPy need not be there
        """Tell of each number of two arrays of one shape whether it is near enough: an array of booleans."""
        same = (values == expected) | ((values != values) & (expected != expected))  # noqa: PLR0124 - not a number
        wanted = expected.astype(float) if expected.dtype.kind in "biu" else expected
        room = self.atol + self.rtol * abs(wanted)
        # Infinite and not a number: no difference of theirs is below anything.
        return same | ((abs(values - wanted) <= room) & (room < math.inf))
