"""Uniform integers from a stream that no release of any library can change."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from refinery_plugin._errors import RefineryError
from refinery_plugin._tasks.later import Later

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
else:
    np = Later("numpy")

_WORD = 4  # bytes
_WORDS = 2**32
_CHECKSUM = "af93d8ef"
"""Start of the SHA-256 of the first 4,096 values of 1..100,000 under seed 1, as little-endian 32-bit words."""


class StreamError(RefineryError):
    """The frozen stream gives other numbers here than everywhere else."""


def uniform(seed: int, *, low: int, high: int, size: int) -> npt.NDArray[np.uint32]:
    """Draw ``size`` independent integers, exactly uniform over ``low..high``, both included.

    The bits are SHAKE-256 of the seed (FIPS 202), read as little-endian 32-bit words; words beyond the largest
    multiple of the range are rejected, so there is no modulo bias. Nothing here depends on a generator or a
    distribution of a library, so the values are the same under every version and on every platform.

    Examples
    --------
    >>> uniform(1, low=1, high=6, size=8).tolist()
    [6, 1, 6, 3, 1, 5, 3, 1]
    """
    span = high - low + 1
    if not 1 <= span <= _WORDS or low < 0 or high >= _WORDS:
        raise ValueError(f"low and high must be 0 <= low <= high < 2**32, got {low} and {high}")
    ceiling = _WORDS // span * span
    spare = 64
    while True:
        # SHAKE is an extendable-output function: a longer digest begins with the shorter one.
        digest = hashlib.shake_256(f"pytest-refinery stream 1\n{seed}".encode()).digest(
            (size + spare) * _WORD
        )
        words = np.frombuffer(digest, dtype="<u4")
        kept = words[words < ceiling] if ceiling < _WORDS else words
        if kept.size >= size:
            return (kept[:size] % span + low).astype(np.uint32)
        spare = 2 * spare + size


def check_stream() -> None:
    """Compare the stream with its known start; a broken build of Python or NumPy must not pass as another list."""
    start = uniform(1, low=1, high=100_000, size=4096).astype("<u4").tobytes()
    checksum = hashlib.sha256(start).hexdigest()[: len(_CHECKSUM)]
    if checksum != _CHECKSUM:
        raise StreamError(
            f"the seeded lists differ on this machine (checksum {checksum}, expected {_CHECKSUM}): "
            "times taken here would not be comparable; check this build of Python and NumPy"
        )
