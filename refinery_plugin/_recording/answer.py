"""What a server's 200 response says (pure)."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, TypeGuard

_TEXT_TYPES = ("text", "output_text", None)


class AnswerError(ValueError):
    """A response that is no chat completion; the message says in a few words what it is instead.

    ``usage`` is prompt and completion tokens where the server counted them all the same, ``is_error`` says that the
    body is an error's.
    """

    def __init__(self, what: str, *, usage: tuple[int, int] | None = None, is_error: bool = False) -> None:
        super().__init__(what)
        self.usage, self.is_error = usage, is_error


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The parts of a chat completion that matter here.

    ``text`` is empty where the content is null. ``usage`` is prompt and completion tokens as the server counts them,
    its thinking among the latter, ``None`` where it does not say. ``refusal`` is what the model said where it refused
    to answer.
    """

    text: str
    finish_reason: str | None
    usage: tuple[int, int] | None
    refusal: str | None = None


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
    table = document if isinstance(document, dict) else {}
    usage, choices = _usage(table.get("usage")), table.get("choices")
    if not isinstance(choices, list) or not choices:
        is_error = _is_error(document)
        what = "an error in place of an answer" if is_error else "an answer with no choices"
        raise AnswerError(what, usage=usage, is_error=is_error)
    choice = choices[0] if isinstance(choices[0], dict) else {}
    message = choice.get("message")
    content = _text(message.get("content")) if isinstance(message, dict) else None
    if not content and _is_error(choice):
        raise AnswerError("an error in place of an answer", usage=usage, is_error=True)
    if content is None or not isinstance(message, dict):
        raise AnswerError("an answer with no message", usage=usage)
    reason, refusal = choice.get("finish_reason"), message.get("refusal")
    return Answer(
        text=content,
        finish_reason=reason if isinstance(reason, str) else None,
        usage=usage,
        refusal=refusal if isinstance(refusal, str) and refusal.strip() else None,
    )


def _is_error(document: Any) -> bool:  # noqa: ANN401 - whatever the server sent
    if isinstance(document, list):
        return any(map(_is_error, document[:1]))
    return isinstance(document, dict) and (bool(document.get("error")) or document.get("object") == "error")


def _text(content: Any) -> str | None:  # noqa: ANN401 - whatever the server sent
    """Return the text of a message: of its text chunks, where it is a list of chunks; ``None`` for what is none."""
    match content:
        case None:
            return ""
        case str():
            return content
        case list():
            return "".join(map(_chunk, content))
        case _:
            return None


def _chunk(chunk: Any) -> str:  # noqa: ANN401 - whatever the server sent
    if isinstance(chunk, dict) and chunk.get("type") in _TEXT_TYPES:
        chunk = chunk.get("text")
    return chunk if isinstance(chunk, str) else ""


def _usage(usage: Any) -> tuple[int, int] | None:  # noqa: ANN401 - whatever the server sent
    if not isinstance(usage, dict):
        return None
    prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if not _is_count(prompt) or not _is_count(completion):
        return None
    # Some servers (xAI, Gemini) count a model's thinking apart from its completion, and bill both: the total has it.
    total = usage.get("total_tokens")
    return prompt, max(completion, total - prompt) if _is_count(total) else completion


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
