"""A trajectory's conversation through real cassettes, with a real server or without any."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from typing import TYPE_CHECKING, Any

from refinery_plugin._generation.chat import ChatRequest, Message, Reply
from refinery_plugin._recording.cassette_store import CassetteStore
from refinery_plugin._recording.endpoint import Endpoint, Environment
from refinery_plugin._recording.ledger import Ledger
from refinery_plugin._recording.retry import RetryPolicy
from refinery_plugin._recording.unrecorded import ReplayOnly
from refinery_plugin._study.request_settings import NO_TABLE, RequestTable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal
    from pathlib import Path

    from refinery_plugin._generation.chat import Cut
    from refinery_plugin._study.pricing import Price

KEY = "sk-planted-key-0123456789abcdef"
MODEL = "served-model"
IMPATIENT = RetryPolicy(first_pause=0.01, longest_pause=0.02, request_limit=30.0)
"""Pauses of milliseconds."""
OFFLINE = ReplayOnly("Nothing is called here")


def request(turn: int = 1, *, text: str = "Make it faster.", max_tokens: int = 200) -> ChatRequest:
    """Return the request of one turn; no two turns have the same."""
    return ChatRequest(
        model=MODEL,
        messages=(Message(role="system", content="You write code."), Message(role="user", content=text)),
        temperature=1.0,
        max_tokens=max_tokens,
        seed=turn,
    )


def requests(count: int) -> list[ChatRequest]:
    """Return the requests of so many turns."""
    return [request(turn) for turn in range(1, count + 1)]


@dataclasses.dataclass(kw_only=True)
class Lab:
    """Opens stores on one folder of cassettes.

    ``settings`` go into a ``.env`` file, as users write it.
    """

    directory: Path
    settings: dict[str, str]

    @classmethod
    def at(cls, directory: Path, base_url: str) -> Lab:
        """Return one that calls the given endpoint."""
        return cls(directory=directory, settings={"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": base_url})

    def path(self, name: str = "1_3_inf_1") -> Path:
        """Return a cassette's file."""
        return self.directory / f"{name}.json"

    def cassette(self, name: str = "1_3_inf_1") -> Any:  # noqa: ANN401 - JSON
        """Return what a cassette's file holds."""
        return json.loads(self.path(name).read_text())

    def edit(self, document: Any, name: str = "1_3_inf_1") -> None:  # noqa: ANN401 - JSON
        """Write a cassette by hand."""
        self.path(name).write_text(json.dumps(document))

    def endpoint(self, table: RequestTable = NO_TABLE) -> Endpoint:
        """Read the ``.env`` file."""
        self.directory.mkdir(exist_ok=True, parents=True)
        lines = [f"{name}='{value}'" for name, value in self.settings.items()]
        (self.directory.parent / ".env").write_text("\n".join(lines))
        return Endpoint(Environment(self.directory.parent), [table.of(MODEL).headers])

    def store(
        self,
        *,
        offline: bool = False,
        afresh: bool = False,
        price: Price | None = None,
        cap: Decimal | None = None,
        policy: RetryPolicy = IMPATIENT,
        table: RequestTable = NO_TABLE,
    ) -> CassetteStore:
        """Open the folder, to record or to replay only."""
        return CassetteStore(
            self.directory,
            OFFLINE if offline else self.endpoint(table),
            afresh=afresh,
            price_of=lambda _model: price,
            ledger=Ledger(cap),
            policy=policy,
            rules_of=table.of,
        )

    def converse(
        self,
        asked: Sequence[ChatRequest],
        *,
        store: CassetteStore | None = None,
        name: str = "1_3_inf_1",
        remaining_ms: int | None = None,
        finish: bool = True,
        **options: Any,  # noqa: ANN401 - those of ``store``
    ) -> list[Reply | Cut]:
        """Ask one request after the other, the budget clock going down, and finish the trajectory."""

        async def run() -> list[Reply | Cut]:
            opened = store or self.store(**options)
            try:
                chat = opened.chat(name)
                answers: list[Reply | Cut] = []
                left = remaining_ms
                for one in asked:
                    answers.append(await chat.ask(one, remaining_ms=left))
                    left = None if left is None else left - answers[-1].latency_ms
                if finish:
                    await opened.finish(name)
                return answers
            finally:
                await opened.aclose()

        return asyncio.run(run())

    def ask(self, **options: Any) -> Reply | Cut:  # noqa: ANN401 - those of ``converse``
        """Ask one request."""
        return self.converse([request()], **options)[0]


def texts(answers: Sequence[Reply | Cut]) -> list[str]:
    """Return the texts of answers, none of which was cut."""
    return [answer.text if isinstance(answer, Reply) else "(cut)" for answer in answers]
