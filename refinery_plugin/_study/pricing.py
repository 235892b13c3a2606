"""What tokens cost."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_MILLION = Decimal(1_000_000)
_PROBE = 1_000  # few enough tokens for the first of any tiers


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """USD per million tokens, and where that is from."""

    input: Decimal
    output: Decimal
    source: str

    @property
    def is_free(self) -> bool:
        """Whether no answer costs anything."""
        return not self.input and not self.output

    def cost(self, prompt_tokens: int, completion_tokens: int) -> Decimal:
        """Return USD."""
        return (self.input * prompt_tokens + self.output * completion_tokens) / _MILLION


def price_of(model: str, prices: Mapping[str, Price]) -> Price | None:
    """Return a model's price: the study's own, else the public one, else ``None``."""
    if model in prices:
        return prices[model]
    return prices.get("*") or _public_price(model)


def _public_price(model: str) -> Price | None:
    # genai-prices carries its data; nothing is fetched.
    import genai_prices  # noqa: PLC0415 - slow to import

    def usd(**tokens: int) -> Decimal:
        usage = genai_prices.Usage(**tokens)
        return genai_prices.calc_price(usage, model_ref=model).total_price * _MILLION / _PROBE

    try:
        price_in, price_out = usd(input_tokens=_PROBE), usd(output_tokens=_PROBE)
    except LookupError:
        return None
    return Price(input=price_in, output=price_out, source=f"genai-prices {genai_prices.__version__}")
