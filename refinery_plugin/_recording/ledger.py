"""The spending cap: every live request reserves the most that it can cost before it is sent."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING

from refinery_plugin._generation.chat import GenerationStopError
from refinery_plugin._study.levels import MAX_TURNS
from refinery_plugin._words import dollars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from refinery_plugin._generation.chat import Message
    from refinery_plugin._study.pricing import Price

_BYTES_PER_MESSAGE = 16  # role and separators around each message: 4 tokens in known chat formats, with room
_BYTES_PER_REQUEST = 64


class SpendingCapError(GenerationStopError):
    """The next request could pass the spending cap."""


class UnknownPriceError(GenerationStopError):
    """A cap was asked for, but nobody knows what a model costs."""


class EndlessBudgetError(GenerationStopError):
    """A budget in dollars alone is given to a model that costs nothing."""


class UnboundedAnswerError(GenerationStopError):
    """A cap was asked for, but the study leaves out what bounds the length of an answer."""


def most_prompt_tokens(messages: Sequence[Message]) -> int:
    """Bound the tokens of a prompt from above.

    Byte-level tokenizers never make more tokens than there are bytes.
    """
    return (
        sum(len(message.content.encode()) + _BYTES_PER_MESSAGE for message in messages) + _BYTES_PER_REQUEST
    )


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
        self._in_flight = 0
        self._came_back = asyncio.Event()

    async def reserve(
        self, price: Price | None, model: str, prompt_tokens: int, completion_tokens: int
    ) -> Decimal:
        """Set aside the most that a request can cost, in USD; waits for what requests in flight will give back.

        Raises
        ------
        SpendingCapError : when nothing is in flight and the request could still pass the cap.
        UnknownPriceError : when there is a cap and the model has no known price.
        """
        if price is None and self.cap is not None:
            raise UnknownPriceError(unknown_price(model))
        amount = Decimal(0) if price is None else price.cost(prompt_tokens, completion_tokens)
        while self.cap is not None and self.spent + self.reserved + amount > self.cap:
            if not self._in_flight:
                raise SpendingCapError(
                    f"the next request could cost {dollars(amount)}, and {dollars(self.spent)} of the cap of "
                    f"${self.cap} are spent. Every finished turn is recorded: run again with a larger "
                    "--refinery-max-cost to go on"
                )
            await self._came_back.wait()
        self.reserved += amount
        self._in_flight += 1
        return amount

    def settle(self, reserved: Decimal, cost: Decimal) -> None:
        """Replace a reservation by what the request did cost, which may be more where a server miscounts."""
        self.reserved -= reserved
        self.spent += cost
        self._in_flight -= 1
        self._came_back.set()
        self._came_back = asyncio.Event()


def unbounded_answer(model: str) -> str:
    """Return what to say when a cap meets a model whose answers may be of any length."""
    return (
        f"--refinery-max-cost needs a bound for each answer, and the study's request drops max_tokens for model "
        f'{model!r}: rename it (rename = {{ max_tokens = "max_completion_tokens" }}), or add the limit that the server '
        "knows (extra = { max_completion_tokens = 4096 }), or leave the cap out"
    )


def unknown_price(model: str, wanted_by: str = "--refinery-max-cost") -> str:
    """Return what to say when a cap, or a budget in dollars, meets a model without a price."""
    return (
        f"{wanted_by} needs a price, and none is known for model {model!r}; add it to the study: "
        "price = { input = 2.5, output = 10.0 }  (USD per million tokens)"
    )


def endless_budget(model: str, budget: str, *, where: str) -> str:
    """Return what to say when nothing is ever taken from a budget."""
    return (
        f"{where}: the budget {budget!r} never ends, since model {model!r} costs nothing at the study's price: "
        f"{MAX_TURNS} turns would be made. Join it with another ({budget + ' or 10 iterations'!r}), take one in turns, "
        "seconds or tokens, or give the model's real price"
    )
