"""Which refusals are the last word: what stops the run, what ends one trajectory, and what may pass (pure)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from refinery_plugin._generation.chat import ChatFailedError, GenerationStopError
from refinery_plugin._recording.endpoint import KEY, URL
from refinery_plugin._recording.refusal_text import remedy
from refinery_plugin._recording.retry import passes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from refinery_plugin._errors import RefineryError
    from refinery_plugin._recording.refusal_text import Refused
    from refinery_plugin._study.request_settings import RequestRules

_KEPT = "Every finished turn is recorded; run again to go on"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A refused request.

    Parameters
    ----------
    where : the endpoint's public address.
    status : the HTTP status, or the one that the body names where the response was no failure.
    said : what the server said.
    wording : the same for people, secrets removed.
    sent : the body of the request.
    rules : what made that body differ from ours.
    """

    where: str
    status: int
    said: Refused
    wording: str
    sent: Mapping[str, object]
    rules: RequestRules

    @property
    def model(self) -> object:
        """The model that was asked."""
        return self.sent.get("model")

    @property
    def way_out(self) -> str | None:
        """What to change in the study, where the request itself is refused."""
        return remedy(self.said, self.sent, self.rules)


_Row: TypeAlias = tuple[Callable[[Refusal], bool], Callable[[Refusal], "RefineryError | None"]]

_ROWS: tuple[_Row, ...] = (
    # What a refusal is, and what it means; the first that fits counts.
    (
        lambda it: it.status == 401,  # noqa: PLR2004 - what the server says may well quote the key
        lambda it: GenerationStopError(
            f"{it.where} refuses the key (HTTP 401): set {KEY} to one that is valid there, or {URL} to the endpoint "
            f"that it is for; a key of another header belongs to the study's request.headers. {_KEPT}"
        ),
    ),
    (
        lambda it: it.status == 402 or it.said.no_credit,  # noqa: PLR2004
        lambda it: GenerationStopError(
            f"the account at {it.where} has no credit left ({it.wording}). {_KEPT}"
        ),
    ),
    (lambda it: passes(it.status), lambda _: None),
    (
        lambda it: it.said.filtered,
        lambda it: ChatFailedError(f"a content filter of the server refused the request ({it.wording})"),
    ),
    (lambda it: it.said.overflow, lambda it: ChatFailedError(it.wording)),
    (
        lambda it: it.status == 403,  # noqa: PLR2004
        lambda it: GenerationStopError(
            f"{it.where} does not let this key do that ({it.wording}): use another {KEY}, another model, or ask "
            f"whoever gave the key. {_KEPT}"
        ),
    ),
    (
        lambda it: it.way_out is not None,
        lambda it: GenerationStopError(
            f"{it.where} refuses what is sent to {it.model} ({it.wording}), as it would for every program: {it.way_out}"
        ),
    ),
    (
        lambda it: it.status == 404 or it.said.no_model,  # noqa: PLR2004
        lambda it: GenerationStopError(
            f"{it.where} knows no model {it.model!r}, or is not where an OpenAI-compatible endpoint is ({it.wording}): "
            f"name a model that it serves, in the study or with --refinery-model, or set {URL}"
        ),
    ),
    (
        lambda it: 300 <= it.status < 400,  # noqa: PLR2004
        lambda it: GenerationStopError(
            f"{it.where} only redirects ({it.wording}): set {URL} to where the endpoint is"
        ),
    ),
)


def last_word(refusal: Refusal) -> RefineryError | None:
    """Return what to raise; ``None`` where another attempt may be answered.

    Money, keys, unknown models and fields that the server does not take stop the run: they would be refused to every
    program, and nothing more is paid. Content filters, conversations that became too long, and whatever else is refused
    end one trajectory, which keeps its last program.
    """
    for applies, meaning in _ROWS:
        if applies(refusal):
            return meaning(refusal)
    return ChatFailedError(refusal.wording)
