"""What a server's 200 response says (pure)."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, TypeGuard


class AnswerError(ValueError):
    """A response that is no chat completion; the message says in a few words what it is instead."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The parts of a chat completion that matter here.

    ``text`` is empty where the content is null. ``usage`` is prompt and completion tokens as the server counts them,
    ``None`` where it does not say.
    """

    text: str
    finish_reason: str | None
    usage: tuple[int, int] | None


def read_answer(body: bytes) -> Answer:
    """Read the body of a response.

    Raises
    ------
    AnswerError : when it is not whole JSON, or no chat completion with a choice.
    """
    try:
        document = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as exc:
        raise AnswerError("an answer that is not whole JSON") from exc
    choices = document.get("choices") if isinstance(document, dict) else None
    if not isinstance(choices, list) or not choices:
        raise AnswerError("an answer with no choices")
    message = choices[0].get("message") if isinstance(choices[0], dict) else None
    content = message.get("content") if isinstance(message, dict) else 0
    if not isinstance(content, str | None):
        raise AnswerError("an answer with no message")
    reason = choices[0].get("finish_reason")
    return Answer(
        text=content or "",
        finish_reason=reason if isinstance(reason, str) else None,
        usage=_usage(document.get("usage")),
    )


def _usage(usage: Any) -> tuple[int, int] | None:  # noqa: ANN401 - whatever the server sent
    if not isinstance(usage, dict):
        return None
    prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if not _is_count(prompt) or not _is_count(completion):
        return None
    return prompt, completion


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
