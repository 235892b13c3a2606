"""Code that talks to a model, tried with the fakes that the plugin ships."""

from __future__ import annotations

import asyncio

from refinery_plugin.testing import ChatRequest, Cut, Message, ScriptedChat, reply


def test_a_scripted_model_answers_in_order_and_is_cut_at_the_deadline() -> None:
    """The script is the model; what it was asked is kept."""
    request = ChatRequest(
        model="any",
        messages=(Message(role="user", content="Count the primes."),),
        temperature=0.0,
        max_tokens=100,
        seed=1,
    )
    chat = ScriptedChat([reply("def count_primes(below): ...", latency_ms=400), reply("too late")])
    first = asyncio.run(chat.ask(request, remaining_ms=500))
    second = asyncio.run(chat.ask(request, remaining_ms=100))
    assert not isinstance(first, Cut)
    assert first.text.startswith("def")
    assert isinstance(second, Cut)
    assert chat.requests == [request, request]
