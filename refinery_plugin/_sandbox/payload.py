"""Arguments, encoded once and handed over as often as needed."""

from __future__ import annotations

import dataclasses

from refinery_plugin._sandbox.errors import SandboxError
from refinery_plugin._sandbox.inside import codec


@dataclasses.dataclass(frozen=True, slots=True)
class Payload:
    """The positional arguments of one call, as the worker takes them; opaque."""

    data: bytes = dataclasses.field(repr=False)

    arrays: bool = False
    """Whether there are NumPy arrays among them."""

    def arguments(self) -> tuple[object, ...]:
        """Return the arguments, made anew: nothing that was done to those that were encoded is in them."""
        return codec.decode_arguments(self.data)


def encode_arguments(args: tuple[object, ...]) -> Payload:
    """Encode positional arguments.

    Raises
    ------
    SandboxError : an argument is not made of int, float, str, bool, None, bytes, NumPy arrays, and lists, tuples, sets
        and dicts of these.
    """
    try:
        return Payload(codec.encode_arguments(args), arrays=any(map(codec.holds_array, args)))
    except codec.CodecError as exc:
        raise SandboxError(
            f"an argument {exc}: arguments are made of int, float, str, bool, None, bytes, lists, tuples, "
            "sets, frozensets, dicts and NumPy arrays of numbers"
        ) from exc


def decode_arguments(payload: Payload) -> tuple[object, ...]:
    """Return the positional arguments again, as the worker makes them."""
    data = memoryview(payload.data)
    arguments, at = [], 8
    for _ in range(int.from_bytes(data[:8], "little")):
        end = at + 8 + int.from_bytes(data[at : at + 8], "little")
        arguments.append(codec.decode(data[at + 8 : end]))
        at = end
    return tuple(arguments)
