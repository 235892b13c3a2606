"""What a trainer hands over as a completion, and the program in it (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from refinery_plugin._generation.extract import Extraction, extract_program


def text_of(completion: object) -> str:
    """Return the text of a completion.

    Parameters
    ----------
    completion : a text; a message with ``content``; or a conversation, of which the last message of the assistant
        counts. Content may be a list of parts with ``text``.

    Examples
    --------
    >>> text_of([{"role": "assistant", "content": "a"}, {"role": "user", "content": "b"}])
    'a'
    """
    if isinstance(completion, str):
        return completion
    if completion is None:
        return ""
    if isinstance(completion, Sequence):
        return _of_conversation(completion)
    return _content(_field(completion, "content"))


def program_of(completion: object, entry_point: str) -> Extraction:
    """Take the program from a completion, as it is taken from an answer when programs are generated."""
    return extract_program(text_of(completion), entry_point)


def _of_conversation(messages: Sequence[object]) -> str:
    said = [one for one in messages if _field(one, "role") in ("assistant", None)]
    return text_of(said[-1]) if said else ""


def _content(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence):
        return "".join(part if isinstance(part, str) else _content(_field(part, "text")) for part in content)
    return ""


def _field(value: object, name: str) -> object:
    """Return a key of a mapping, or an attribute of what is none."""
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
