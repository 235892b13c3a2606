"""The spending cap: every live request reserves the most that it can cost before it is sent."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from refinery_plugin._chat import GenerationStopError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from refinery_plugin._pricing import Price

_BYTES_PER_MESSAGE = 16  # role and separators around each message: 4 tokens in known chat formats, with room
_BYTES_PER_REQUEST = 64


class SpendingCapError(GenerationStopError):
    """The next request could pass the spending cap."""


class UnknownPriceError(GenerationStopError):
    """A cap was asked for, but nobody knows what a model costs."""


def most_prompt_tokens(messages: Sequence[Mapping[str, str]]) -> int:
    """Bound the tokens of a prompt from above.

    Byte-level tokenizers never make more tokens than there are bytes.
    """
    texts = sum(len(message["content"].encode()) + _BYTES_PER_MESSAGE for message in messages)
    return texts + _BYTES_PER_REQUEST


class Ledger:
    """Keeps spent plus reserved money at or below a cap.

    Parameters
    ----------
    cap : USD; ``None`` for no cap.
    """

    def __init__(self, cap: Decimal | None) -> None:
        self.cap = cap
        self.spent = Decimal(0)
        self.reserved = Decimal(0)

    def reserve(self, price: Price | None, model: str, prompt_tokens: int, completion_tokens: int) -> Decimal:
        """Set aside the most that a request can cost, in USD.

        Raises
        ------
        SpendingCapError : when that could pass the cap.
        UnknownPriceError : when there is a cap and the model has no known price.
        """
        if price is None:
            if self.cap is not None:
                raise UnknownPriceError(unknown_price(model))
            return Decimal(0)
        amount = price.cost(prompt_tokens, completion_tokens)
        if self.cap is not None and self.spent + self.reserved + amount > self.cap:
            raise SpendingCapError(
                f"the next request could cost ${amount:.4f} and pass the cap: ${self.spent:.4f} of ${self.cap} are "
                f"spent, ${self.reserved:.4f} are reserved by requests in flight. Every finished turn is recorded: "
                "run again with a larger --refinery-max-cost to go on from here"
            )
        self.reserved += amount
        return amount

    def settle(self, reserved: Decimal, cost: Decimal) -> None:
        """Replace a reservation by what the request did cost."""
        self.reserved -= reserved
        self.spent += cost


def unknown_price(model: str) -> str:
    """Return what to say when a cap meets a model without a price."""
    return (
        f"--refinery-max-cost needs a price, and none is known for model {model!r}; add it to the study: "
        "price = { input = 2.5, output = 10.0 }  (USD per million tokens)"
    )
