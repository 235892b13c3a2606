"""What one turn sends, as JSON (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._study.request_settings import FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from refinery_plugin._generation.chat import ChatRequest
    from refinery_plugin._study.request_settings import RequestRules

_LIMITS = (
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "max_new_tokens",
    "n_predict",
    "num_predict",
)


def request_body(request: ChatRequest, rules: RequestRules) -> dict[str, object]:
    """Return the body: fields left out first, then renamed, then added."""
    own = {"max_tokens": request.max_tokens, "seed": request.seed, "temperature": request.temperature}
    sent = {rules.rename.get(name, name): value for name, value in own.items() if name not in rules.drop}
    return {
        "model": request.model,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        **sent,
        **rules.extra,
    }


def most_completion_tokens(body: Mapping[str, object], rules: RequestRules) -> int | None:
    """Return the most tokens that an answer may have, by what is sent; ``None`` where nothing bounds it."""
    names = {*_LIMITS, rules.rename.get("max_tokens", "max_tokens")}
    limits = [value for name in names if type(value := body.get(name)) is int]
    return max(limits, default=None)


def bounds_answers(rules: RequestRules) -> bool:
    """Whether what is sent bounds the length of an answer."""
    return "max_tokens" not in rules.drop or most_completion_tokens(rules.extra, rules) is not None


def source_of(field: str, rules: RequestRules) -> str | None:
    """Return what of the study sends a field: ``"extra"``, or the name of one of ours; ``None`` where nothing does."""
    if field in rules.extra:
        return "extra"
    return next(
        (name for name in FIELDS if name not in rules.drop and rules.rename.get(name, name) == field), None
    )
