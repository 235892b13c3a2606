"""One trajectory's cassette: vcrpy's format, checked when read, written whole after every turn."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from vcr.cassette import Cassette
from vcr.matchers import requests_match
from vcr.persisters.filesystem import CassetteNotFoundError
from vcr.record_mode import RecordMode
from vcr.request import Request
from vcr.serialize import deserialize, serialize
from vcr.serializers import jsonserializer

from refinery_plugin._files import FileError, write_atomically
from refinery_plugin._generation.chat import GenerationStopError
from refinery_plugin._generation.turn_judgement import Judged
from refinery_plugin._recording.answer import read_answer
from refinery_plugin._recording.cassette_folder import put_aside
from refinery_plugin._recording.cassette_format import (
    DIGEST,
    EXTRA,
    JUDGED,
    DamageError,
    judged_digest,
    parse,
)
from refinery_plugin._recording.request_difference import difference
from refinery_plugin._study.pricing import Price

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_ORIGIN = "http://recorded.invalid"  # a recording must not tell whose endpoint made it, and replays anywhere
_OK = 200
_CUT_STATUS = 499  # what servers log for a client that went away
_JSON = {"content-type": "application/json"}  # the only header that a recording needs


class CassetteError(GenerationStopError):
    """A cassette is damaged, cannot be written, or does not hold what is asked of it; it is left as it is."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One failed attempt: what went wrong, how long it took, whether it may have been paid for.

    ``usage`` is prompt and completion tokens where the server counted them.
    """

    outcome: str
    ms: int
    paid: bool
    usage: tuple[int, int] | None = None

    def document(self) -> dict[str, object]:
        """Return it as it is recorded."""
        usage = {} if self.usage is None else {"usage": list(self.usage)}
        return {"outcome": self.outcome, "ms": self.ms, "paid": self.paid, **usage}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One recorded response; ``body`` is ``None`` where the deadline came first.

    ``latency_ms`` is the sum of all attempts and the pauses between them.
    """

    body: bytes | None
    latency_ms: int
    attempts: tuple[Attempt, ...] = ()

    @property
    def lost(self) -> int:
        """How many attempts may have been paid for, at most with all that was reserved, without giving an answer."""
        return sum(attempt.paid for attempt in self.attempts if attempt.usage is None)

    @property
    def lost_usage(self) -> tuple[int, int]:
        """Prompt and completion tokens of the attempts that gave no answer, as far as the server counted them."""
        counted = [attempt.usage for attempt in self.attempts if attempt.usage is not None]
        return sum(prompt for prompt, _ in counted), sum(completion for _, completion in counted)


class _Persister:
    """vcrpy's persister, with our checks on reading and whole files on writing."""

    def __init__(self) -> None:
        self.notes: dict[str, Any] = {}

    def load_cassette(self, cassette_path: Path, serializer: Any) -> tuple[list[Request], list[Any]]:  # noqa: ANN401
        # What vcrpy cannot decode it takes for empty, and overwrites; so its own errors are not used here.
        try:
            document = parse(cassette_path.read_bytes())
        except FileNotFoundError as exc:
            raise CassetteNotFoundError from exc
        except OSError as exc:
            raise CassetteError(f"{cassette_path}: cannot be read: {exc.strerror}") from exc
        except DamageError as exc:
            raise CassetteError(
                f"{cassette_path}: not a cassette as it was recorded: {exc}. It is left as it is; restore it, "
                "or remove it to record the trajectory again"
            ) from exc
        self.notes = dict(document.get("metadata", {}).get(EXTRA, {}))
        loaded = deserialize(json.dumps(document), serializer)
        return loaded[0], loaded[1]

    def save_cassette(
        self,
        cassette_path: Path,
        cassette_dict: Mapping[str, object],
        serializer: Any,  # noqa: ANN401 - vcrpy has no types
    ) -> None:
        text = serialize({**cassette_dict, "metadata": {EXTRA: self.notes}}, serializer)
        try:
            write_atomically(cassette_path, text.encode())
        except FileError as exc:
            raise CassetteError(str(exc)) from exc


class _InOrder(Cassette):  # type: ignore[misc]
    """The requests of a trajectory come in one order, so only the next one is ever looked at.

    vcrpy compares each request with all recorded ones, which takes minutes for some hundred large bodies.
    """

    def _responses(self, request: Request) -> Iterator[tuple[int, Any]]:
        index = self.play_count
        if index < len(self.data) and requests_match(request, self.data[index][0], self._match_on):
            yield index, self.data[index][1]


class TrajectoryCassette:
    """A cassette that plays in order and is appended to, never rewritten but as a whole.

    Parameters
    ----------
    path : its file.
    afresh : whether what the file holds is to be recorded again; it is put aside by the first new response.

    Raises
    ------
    CassetteError : when the file is damaged.
    """

    def __init__(self, path: Path, *, afresh: bool = False) -> None:
        self.path = path
        self._replaces = afresh
        self._persister = _Persister()
        arguments: dict[str, Any] = {
            "path": path,
            "serializer": jsonserializer,
            "persister": self._persister,
            "record_mode": RecordMode.ALL if afresh else RecordMode.NEW_EPISODES,
            "match_on": (_method, _path, _json_body),
        }
        self._cassette = _InOrder(**arguments) if afresh else _InOrder.load(**arguments)

    @property
    def finished(self) -> bool:
        """Whether the trajectory was recorded to its end."""
        return self._persister.notes.get("finished") is True

    @property
    def would_replace(self) -> bool:
        """Whether saving puts another recording aside, since nothing is answered yet of what is recorded afresh."""
        return self._replaces and self.path.exists()

    @property
    def turn(self) -> int:
        """Number of the next turn, from 1."""
        return int(self._cassette.play_count) + 1

    def __len__(self) -> int:
        """Count the recorded turns."""
        return len(self._cassette)

    @property
    def recorded(self) -> list[Recorded]:
        """All recorded responses, in order."""
        return [_recorded(response) for response in self._cassette.responses]

    def play(self, method: str, path: str, body: bytes) -> Recorded | None:
        """Return the recorded response of a request; ``None`` where it has yet to be recorded.

        Raises
        ------
        CassetteError : when another request stands recorded in its place, or the recording ended before it.
        """
        request = _request(method, path, body)
        if self._cassette.can_play_response_for(request):
            return _recorded(self._cassette.play_response(request))
        if self.turn <= len(self):
            raise CassetteError(self._differs(request, self._cassette.requests[self.turn - 1]))
        if self.finished:
            raise CassetteError(
                f"{self.path}: the recorded trajectory ends after {_turns(len(self))}, but another request follows. "
                f"{_REMEDY}"
            )
        return None

    def _differs(self, request: Request, recorded: Request) -> str:
        lines = [f"{self.path}: the request of turn {self.turn} differs from the recorded one:"]
        if (request.method, request.path) != (recorded.method, recorded.path):
            lines.append(f"  recorded {recorded.method} {recorded.path}, now {request.method} {request.path}")
        if not _json_body(request, recorded):
            lines.append(difference(recorded.body, request.body))
        return "\n".join([*lines, _REMEDY])

    def append(self, method: str, path: str, body: bytes, response: Recorded) -> None:
        """Add one exchange; ``save`` puts it on disk."""
        self._persister.notes.pop("failed", None)
        cut = response.body is None
        body_sent = response.body or b""
        self._cassette.append(
            _request(method, path, body),
            {
                "status": {
                    "code": _CUT_STATUS if cut else _OK,
                    "message": "Cut at the deadline" if cut else "OK",
                },
                "headers": {name: [value] for name, value in _JSON.items()},
                "body": {"string": body_sent},
                EXTRA: {
                    "latency_ms": response.latency_ms,
                    "cut": cut,
                    "sha256": hashlib.sha256(body_sent).hexdigest(),
                    "attempts": [attempt.document() for attempt in response.attempts],
                },
            },
        )
        self._cassette.play_counts[len(self._cassette) - 1] += 1

    def judged(self, turn: int) -> Judged | None:
        """Return what was found of a turn's program, if that is recorded."""
        if not 1 <= turn <= len(self):
            return None
        recorded = self._cassette.responses[turn - 1][EXTRA].get(JUDGED)
        if recorded is None:
            return None
        return Judged.from_recorded({key: value for key, value in recorded.items() if key != DIGEST})

    def keep_judged(self, turn: int, judged: Judged) -> None:
        """Keep what was found of a turn's program beside its answer; ``save`` puts it on disk."""
        entry = judged.recorded()
        self._cassette.responses[turn - 1][EXTRA][JUDGED] = {**entry, DIGEST: judged_digest(entry)}

    def note(self, **notes: object) -> None:
        """Keep something about the whole recording, where it is not there yet."""
        for key, value in notes.items():
            self._persister.notes.setdefault(key, value)

    def note_price(self, model: str, price: Price | None) -> None:
        """Keep what a model costs, where that is not known of it yet."""
        known = None
        if price is not None:
            known = {"input": str(price.input), "output": str(price.output), "source": price.source}
        notes = self._persister.notes
        if model == self._first_model(model):
            notes.setdefault("price", known)
        else:
            notes.setdefault("prices", {}).setdefault(model, known)

    def price(self, model: str) -> Price | None:
        """Return what a model cost when this was recorded; see ``knows_price``."""
        price = self._noted(model)
        if price is None:
            return None
        return Price(input=Decimal(price["input"]), output=Decimal(price["output"]), source=price["source"])

    def knows_price(self, model: str) -> bool:
        """Whether the recording says what the model cost, were it that nobody knew."""
        notes = self._persister.notes
        return "price" in notes if model == self._first_model(model) else model in notes.get("prices", {})

    def _noted(self, model: str) -> Mapping[str, str] | None:
        notes = self._persister.notes
        own = notes if model == self._first_model(model) else {"price": notes.get("prices", {}).get(model)}
        noted: Mapping[str, str] | None = own.get("price")
        return noted

    def _first_model(self, asked: str) -> str:
        """Return the model of the first request, whose price is that of cassettes with one model."""
        if not self._cassette.requests:
            return asked
        first: str = json.loads(self._cassette.requests[0].body).get("model", asked)
        return first

    def finish(self) -> None:
        """Say that nothing follows."""
        self._persister.notes["finished"] = True

    def fail(self, method: str, path: str, body: bytes, reason: str) -> None:
        """Say that this request got no answer, so that a replay ends the trajectory in the same place."""
        digest = _digest(_request(method, path, body))
        self._persister.notes["failed"] = {"turn": self.turn, "reason": reason, "request": digest}

    def failure(self, method: str, path: str, body: bytes) -> str | None:
        """Return why this very request got no answer, if it was tried."""
        failed = self._persister.notes.get("failed")
        if failed is None or failed["request"] != _digest(_request(method, path, body)):
            return None
        return str(failed["reason"])

    def _put_aside(self) -> None:
        try:
            if self.path.exists():
                put_aside(self.path)
        except OSError as exc:
            raise CassetteError(
                f"{self.path}: cannot be put aside: {exc.strerror}; it is left as it is"
            ) from exc
        self._replaces = False

    def save(self) -> None:
        """Write the file; it is on disk when this returns.

        Raises
        ------
        CassetteError : when it cannot be written.
        """
        if self._replaces:
            self._put_aside()
        exchanges = {"requests": self._cassette.requests, "responses": self._cassette.responses}
        self._persister.save_cassette(self.path, exchanges, jsonserializer)


_REMEDY = (
    "Undo what changed it (study, task, prompts, cassette, version). Or give the study another name: what was paid for "
    "stays, and the new programs are recorded beside it. Or record this trajectory again with --refinery-record=all "
    "(-k selects some), which keeps the old recording in the folder 'replaced'"
)


def _turns(count: int) -> str:
    return f"{count} turn{'' if count == 1 else 's'}"


def _request(method: str, path: str, body: bytes) -> Request:
    return Request(method, _ORIGIN + path, body, _JSON)


def _recorded(response: Mapping[str, Any]) -> Recorded:
    extra, body = response[EXTRA], response["body"]["string"]
    if isinstance(body, str):
        body = body.encode("utf-8", "surrogatepass")
    attempts = tuple(
        Attempt(
            outcome=one["outcome"],
            ms=one["ms"],
            paid=one["paid"],
            usage=(one["usage"][0], one["usage"][1]) if "usage" in one else None,
        )
        for one in extra.get("attempts", [])
    )
    return Recorded(body=None if extra["cut"] else body, latency_ms=extra["latency_ms"], attempts=attempts)


def completion_tokens(recorded: Recorded) -> int | None:
    """Return how many tokens a recorded answer has, as the server counted them."""
    if recorded.body is None:
        return None
    usage = read_answer(recorded.body).usage
    return None if usage is None else usage[1]


def _method(one: Request, other: Request) -> bool:
    return bool(one.method == other.method)


def _path(one: Request, other: Request) -> bool:
    return bool(one.path == other.path)


def _json_body(one: Request, other: Request) -> bool:
    # Equal bytes are the rule; parsing is for files that somebody reformatted.
    return bool(one.body == other.body) or json.loads(one.body) == json.loads(other.body)


def _digest(request: Request) -> str:
    canonical = json.dumps([request.method, request.path, json.loads(request.body)], sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
