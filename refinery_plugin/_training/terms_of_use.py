"""What is known of the terms on the output of models, by their names: a hint where to look, no advice (pure)."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Terms of one maker.

    Parameters
    ----------
    names : beginnings of the names of its models, in small letters, without the maker's.
    about : what they say of training on output.
    address : where they stand.
    """

    names: tuple[str, ...]
    about: str
    address: str


TERMS = (
    Terms(
        names=("gpt-oss",),
        about="its weights are under the Apache License 2.0, which asks nothing of output",
        address="https://huggingface.co/openai/gpt-oss-120b",
    ),
    Terms(
        names=("gpt-", "chatgpt", "codex", "o1", "o3", "o4"),
        about="OpenAI's terms: output may not be used to develop models that compete with OpenAI's",
        address="https://openai.com/policies/services-agreement/",
    ),
    Terms(
        names=("claude",),
        about="Anthropic's commercial terms: competing models may not be trained with its services",
        address="https://www.anthropic.com/legal/commercial-terms",
    ),
    Terms(
        names=("gemini",),
        about="Google's terms of the Gemini API: it may not be used to develop models that compete with it",
        address="https://ai.google.dev/gemini-api/terms",
    ),
    Terms(
        names=("grok",),
        about="xAI's terms: output may not be used to develop models or services that compete with xAI",
        address="https://x.ai/legal/terms-of-service",
    ),
    Terms(
        names=("llama", "meta-llama"),
        about="Meta's community licence, from 3.1 on: a model that is trained with output and made available is named "
        "Llama first, and says that it is built with Llama",
        address="https://www.llama.com/llama3_1/license/",
    ),
    Terms(
        names=("qwen",),
        about="its licence differs by size: most weights are under the Apache License 2.0, some only for research",
        address="https://huggingface.co/Qwen",
    ),
)
"""Looked up in November 2026. The first row counts that fits."""


def terms_of(model: str) -> str:
    """Say what is known of the terms on a model's output.

    Examples
    --------
    >>> terms_of("openai/gpt-oss-20b").split(",")[0]
    'its weights are under the Apache License 2.0'
    """
    name = model.lower().rpartition("/")[2]
    terms_of_it = next((terms for terms in TERMS if name.startswith(terms.names)), None)
    if terms_of_it is None:
        return "its licence decides what its output may be used for. Look it up before you train or publish"
    return (
        f"{terms_of_it.about} (November 2026; {terms_of_it.address}). Look it up before you train or publish"
    )
