"""A folder of cassettes, and the client that plays and records them."""

from __future__ import annotations

import datetime as dt
import functools
import importlib.metadata
import json
import platform
from typing import TYPE_CHECKING

import httpx2
import openai

from refinery_plugin._errors import RefineryError
from refinery_plugin._generation.chat import Chat, ChatRequest, Cut, GenerationStopError, Reply
from refinery_plugin._generation.request_body import most_completion_tokens, request_body
from refinery_plugin._recording.answer import read_answer
from refinery_plugin._recording.attempts import Caller
from refinery_plugin._recording.call import Call
from refinery_plugin._recording.cassette import Recorded, TrajectoryCassette
from refinery_plugin._recording.disk_writer import DiskWriter
from refinery_plugin._recording.ledger import Ledger, most_prompt_tokens
from refinery_plugin._recording.retry import RetryPolicy
from refinery_plugin._recording.transport import BASE_PATH, CURRENT, TapeTransport
from refinery_plugin._recording.unrecorded import Recorder, ReplayOnly
from refinery_plugin._recording.wire import Wire
from refinery_plugin._study.request_settings import NO_RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal
    from pathlib import Path

    from refinery_plugin._generation.feedback import Notebook
    from refinery_plugin._generation.turn_judgement import Judged
    from refinery_plugin._recording.endpoint import Endpoint
    from refinery_plugin._recording.unrecorded import Unrecorded
    from refinery_plugin._study.pricing import Price
    from refinery_plugin._study.request_settings import RequestRules

_ANYWHERE = "http://recorded.invalid" + BASE_PATH
_NOT_THE_KEY = "added-below-this-client"


class CassetteStore:
    """Opens one cassette a trajectory, all behind one client.

    The client of the ``openai`` package knows neither the endpoint nor the key: both are added by the transport, so
    that no log line, traceback or recording above it can show them.

    Parameters
    ----------
    directory : the study's cassettes.
    endpoint : where to call, or why nothing may be called.
    afresh : record everything again.
    price_of : a model's price.
    ledger : counts the money that live requests cost.
    policy : how failing requests are tried again.
    rules_of : how requests to a model differ.
    """

    def __init__(
        self,
        directory: Path,
        endpoint: Endpoint | ReplayOnly,
        *,
        afresh: bool = False,
        price_of: Callable[[str], Price | None] = lambda _model: None,
        ledger: Ledger | None = None,
        policy: RetryPolicy | None = None,
        rules_of: Callable[[str], RequestRules] = lambda _model: NO_RULES,
    ) -> None:
        self.directory = directory
        self.ledger = ledger or Ledger(None)
        self._endpoint = endpoint
        self._afresh = afresh
        self._price_of, self._rules_of = price_of, rules_of
        self._policy = policy or RetryPolicy()
        self._tapes: dict[str, TrajectoryCassette] = {}
        self._wire: Wire | None = None
        self._disk = DiskWriter()
        self._client: openai.AsyncOpenAI | None = None

    def path(self, name: str) -> Path:
        """Return the file of a trajectory's cassette."""
        return self.directory / f"{name}.json"

    def chat(self, name: str) -> Chat:
        """Open a trajectory's cassette; to be called inside the event loop.

        Raises
        ------
        CassetteError : when it is damaged.
        """
        tape = self._tapes[name] = TrajectoryCassette(self.path(name), afresh=self._afresh)
        if self._client is None:
            self._client = self._make_client()
        return _TapeChat(self._client, tape, self._price_of, self._rules_of)

    def notebook(self, name: str) -> Notebook:
        """Return where the judgements of an open trajectory are kept: in its cassette."""
        tape = self._tapes[name]
        refusal = None
        if tape.finished:  # it holds all that was found: what is missing in it was never asked for
            refusal = _NEVER_JUDGED
        elif isinstance(self._endpoint, ReplayOnly):
            refusal = f"{_NOT_YET_JUDGED} {self._endpoint.reason}"
        return _TapeNotebook(tape, self._disk, refusal=refusal)

    async def finish(self, name: str) -> None:
        """Say that a trajectory is complete; its cassette takes no more turns."""
        tape = self._tapes[name]
        if not tape.finished and not isinstance(self._endpoint, ReplayOnly):
            tape.finish()
            await self._disk.save(tape)

    def price(self, name: str, model: str) -> Price | None:
        """Return what a trajectory's model cost when it was recorded, or costs now where that is not known."""
        tape = self._tapes.get(name)
        if tape is not None and tape.knows_price(model):
            return tape.price(model)
        return self._price_of(model)

    async def aclose(self) -> None:
        """Close the connections; the store can be used no more."""
        self._disk.close()
        if self._client is not None:
            await self._client.close()
        if self._wire is not None:
            await self._wire.aclose()
        self._client = self._wire = None

    def _make_client(self) -> openai.AsyncOpenAI:
        unrecorded: Unrecorded
        if isinstance(self._endpoint, ReplayOnly):
            unrecorded = self._endpoint
        else:
            self._wire = Wire(self._endpoint)
            unrecorded = Recorder(Caller(self._wire, ledger=self.ledger, policy=self._policy), self._disk)
        return openai.AsyncOpenAI(
            api_key=_NOT_THE_KEY,
            organization="",
            project="",
            base_url=_ANYWHERE,
            http_client=httpx2.AsyncClient(transport=TapeTransport(unrecorded), timeout=None),
            max_retries=0,  # attempts are made below, so that a tape sees one exchange a turn
            timeout=None,
        )


class MissingFeedbackError(GenerationStopError):
    """A cassette has no judgement that its study needs, and none may be recorded."""


_NEVER_JUDGED = (
    "it was recorded without, and a replay measures nothing. Record the trajectory again with --refinery-record=all "
    "(-k selects some), which keeps the old recording in the folder 'replaced'; or undo what changed the study's "
    "feedback, selection or protocol"
)
_NOT_YET_JUDGED = (
    "the recording stopped before the program was judged, and goes on from there in a run that may record: nothing "
    "that is recorded is paid for again."
)


class _TapeNotebook:
    """The judgements of one trajectory, each beside the answer that its program came from.

    ``refusal`` says why none may be added and what to do; ``None`` where they may be.
    """

    def __init__(self, tape: TrajectoryCassette, disk: DiskWriter, *, refusal: str | None) -> None:
        self._tape, self._disk, self._refusal = tape, disk, refusal

    def recall(self, turn: int, *, timed: bool) -> Judged | None:
        recorded = self._tape.judged(turn)
        if timed and recorded is not None and recorded.correct and recorded.ratio is None:
            raise MissingFeedbackError(
                f"{self._tape.path}: the feedback on the program of turn {turn} has no time, and this study needs it: "
                "it was recorded for verdicts alone, and a replay measures nothing. Record the trajectory again with "
                "--refinery-record=all (-k selects some), which keeps the old recording in the folder 'replaced'; or "
                "undo what changed the study's feedback, selection or protocol"
            )
        if recorded is None and self._refusal is not None:
            raise MissingFeedbackError(
                f"{self._tape.path}: there is no feedback on the program of turn {turn}, and this study needs it: "
                f"{self._refusal}"
            )
        return recorded

    async def keep(self, turn: int, judged: Judged) -> None:
        self._tape.keep_judged(turn, judged)
        await self._disk.save(self._tape)


class _TapeChat:
    """One trajectory's line to a model, through its tape."""

    def __init__(
        self,
        client: openai.AsyncOpenAI,
        tape: TrajectoryCassette,
        price_of: Callable[[str], Price | None],
        rules_of: Callable[[str], RequestRules],
    ) -> None:
        self._client, self._tape = client, tape
        self._price_of, self._rules_of = price_of, rules_of

    async def ask(self, request: ChatRequest, *, remaining_ms: int | None) -> Reply | Cut:
        price = self._price_of(request.model)
        self._annotate(request.model, price)
        rules = self._rules_of(request.model)
        body = request_body(request, rules)
        most = most_completion_tokens(body, rules)
        call = Call(
            tape=self._tape,
            model=request.model,
            remaining_ms=remaining_ms,
            price=price,
            most_tokens=(
                most_prompt_tokens(request.messages) + _most_tokens_of(rules.extra),
                request.max_tokens if most is None else most,
            ),
            is_bounded=most is not None,
            rules=rules,
        )
        recorded = await self._send(body, call)
        if recorded.body is None or call.is_late(recorded.latency_ms):
            return self._cut(call, recorded)
        answer = read_answer(recorded.body)
        # What a server does not count may have been the most that was reserved for it.
        usage = answer.usage or call.most_tokens
        return Reply(
            text=answer.text,
            finish_reason=answer.finish_reason,
            prompt_tokens=usage[0],
            completion_tokens=usage[1],
            cost_usd=self._cost(call, usage, recorded, lost=recorded.lost),
            latency_ms=recorded.latency_ms,
            replayed=call.replayed,
            refusal=answer.refusal,
        )

    async def _send(self, body: dict[str, object], call: Call) -> Recorded:
        token = CURRENT.set(call)
        try:
            # Not chat.completions.create(): walking through its types takes longer than all the rest.
            await self._client.post("/chat/completions", cast_to=httpx2.Response, body=body)
        except openai.APIConnectionError as exc:
            # Old versions of the client wrap whatever their transport raises: what ours says must not be lost.
            if not isinstance(exc.__cause__, RefineryError):
                raise
            raise exc.__cause__ from exc.__cause__.__cause__
        finally:
            CURRENT.reset(token)
        if call.recorded is None:
            raise RuntimeError("the client answered without its transport")
        return call.recorded

    def _cut(self, call: Call, recorded: Recorded) -> Cut:
        remaining_ms = recorded.latency_ms if call.remaining_ms is None else call.remaining_ms
        # An answer that has become late was paid for besides the attempts before it.
        late = recorded.body is not None
        return Cut(
            latency_ms=min(recorded.latency_ms, remaining_ms),
            cost_usd=self._cost(call, (0, 0), recorded, lost=recorded.lost + late),
            replayed=call.replayed,
        )

    def _cost(self, call: Call, usage: tuple[int, int], recorded: Recorded, *, lost: int) -> Decimal | None:
        """Return USD at the price of the recording.

        Each lost attempt counts with what the server counted, or else with all that was reserved for it.
        """
        price = self._tape.price(call.model)
        if price is None:
            return None
        return price.cost(*usage) + price.cost(*recorded.lost_usage) + lost * price.cost(*call.most_tokens)

    def _annotate(self, model: str, price: Price | None) -> None:
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        self._tape.note_price(model, price)
        self._tape.note(recorded_at=now, versions=_versions())


def _most_tokens_of(extra: Mapping[str, object]) -> int:
    """Bound what further fields, such as tools, add to a prompt."""
    return len(json.dumps(dict(extra)).encode()) if extra else 0


@functools.cache
def _versions() -> dict[str, str]:
    packages = {name: importlib.metadata.version(name) for name in ("pytest-refinery", "openai", "vcrpy")}
    return {"python": platform.python_version(), **packages}
