"""One trajectory's cassette: vcrpy's format, checked when read, and written whole after every turn."""

from __future__ import annotations

import dataclasses
import difflib
import json
from typing import TYPE_CHECKING, Any

from vcr.cassette import Cassette
from vcr.persisters.filesystem import CassetteNotFoundError
from vcr.record_mode import RecordMode
from vcr.request import Request
from vcr.serialize import deserialize, serialize
from vcr.serializers import jsonserializer

from refinery_plugin._adapters._files import write_atomically
from refinery_plugin._chat import GenerationStopError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import ModuleType

EXTRA = "refinery"
"""Key of what we keep beside each response: ``latency_ms``, ``cut`` and the failed ``attempts`` before it."""

_ORIGIN = "http://recorded.invalid"  # a recording must not tell whose endpoint made it, and replays anywhere
_KEPT_HEADERS = frozenset({"content-type"})  # what is not named here never reaches a file
_DIFF_LINES = 24


class CassetteError(GenerationStopError):
    """A cassette is damaged, or does not hold what is asked of it; it is left as it is."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One recorded response. ``cut`` says that the deadline passed instead; ``body`` is empty then."""

    status: int
    body: bytes
    latency_ms: int
    cut: bool

    def document(self) -> dict[str, Any]:
        """Return the body as the JSON object that it is."""
        return dict(json.loads(self.body))


class _Persister:
    """vcrpy's persister, with our checks on reading and whole files on writing."""

    def __init__(self) -> None:
        self.metadata: dict[str, Any] = {}

    def load_cassette(self, cassette_path: Path, serializer: ModuleType) -> tuple[list[Request], list[Any]]:
        try:
            data = cassette_path.read_bytes()
        except FileNotFoundError as exc:
            raise CassetteNotFoundError from exc
        except OSError as exc:
            raise CassetteError(f"{cassette_path}: cannot be read: {exc.strerror}") from exc
        document = _checked(cassette_path, data)
        self.metadata = dict(document.get("metadata", {}))
        loaded = deserialize(json.dumps(document), serializer)
        return loaded[0], loaded[1]

    def save_cassette(
        self, cassette_path: Path, cassette_dict: Mapping[str, object], serializer: ModuleType
    ) -> None:
        text = serialize({**cassette_dict, "metadata": self.metadata}, serializer)
        write_atomically(cassette_path, text.encode())


class Tape:
    """A cassette that plays in order and is appended to, never rewritten but as a whole.

    Parameters
    ----------
    path : its file.
    afresh : whether what the file holds is to be recorded again; it is replaced by the first new response.

    Raises
    ------
    CassetteError : when the file is damaged.
    """

    def __init__(self, path: Path, *, afresh: bool = False) -> None:
        self.path = path
        self._persister = _Persister()
        arguments: dict[str, Any] = {
            "path": path,
            "serializer": jsonserializer,
            "persister": self._persister,
            "record_mode": RecordMode.ALL if afresh else RecordMode.ONCE,
            "match_on": (_method, _path, _json_body),
        }
        self._cassette = Cassette(**arguments) if afresh else Cassette.load(**arguments)

    @property
    def finished(self) -> bool:
        """Whether the trajectory was recorded to its end."""
        return self._persister.metadata.get("finished") is True

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
        CassetteError : when another request stands recorded in its place.
        """
        request = _request(method, path, body)
        if self._cassette.can_play_response_for(request):
            return _recorded(self._cassette.play_response(request))
        waiting = self._first_unplayed()
        if waiting is not None:
            raise CassetteError(self._differs(request, waiting))
        if self.finished:
            raise CassetteError(
                f"{self.path}: the recorded trajectory ends after {len(self)} turns, but another request follows; "
                "the study, the prompts or the cassette changed. Record this trajectory again with "
                "--refinery-record=all"
            )
        return None

    def _first_unplayed(self) -> Request | None:
        for index, request in enumerate(self._cassette.requests):
            if self._cassette.play_counts[index] == 0:
                return request
        return None

    def _differs(self, request: Request, recorded: Request) -> str:
        turn = self._cassette.play_count + 1
        return (
            f"{self.path}: the request of turn {turn} differs from the recorded one:\n"
            f"{_difference(recorded, request)}\n"
            "Undo what changed it (study, task, prompts, version), or record this trajectory again with "
            "--refinery-record=all"
        )

    def append(
        self, method: str, path: str, body: bytes, response: Recorded, attempts: list[dict[str, object]]
    ) -> None:
        """Add one exchange and have it on disk before returning."""
        extra = {"latency_ms": response.latency_ms, "cut": response.cut, "attempts": attempts}
        self._cassette.append(
            _request(method, path, body),
            {
                "status": {
                    "code": response.status,
                    "message": "cut at the deadline" if response.cut else "OK",
                },
                "headers": {"content-type": ["application/json"]},
                "body": {"string": response.body},
                EXTRA: extra,
            },
        )
        self._cassette.play_counts[len(self._cassette) - 1] += 1
        self._save()

    def finish(self) -> None:
        """Say in the file that nothing follows."""
        if not self.finished:
            self._persister.metadata["finished"] = True
            self._save()

    def _save(self) -> None:
        exchanges = {"requests": self._cassette.requests, "responses": self._cassette.responses}
        self._persister.save_cassette(self.path, exchanges, jsonserializer)


def _request(method: str, path: str, body: bytes) -> Request:
    return Request(method, _ORIGIN + path, body, {"content-type": "application/json"})


def _recorded(response: Mapping[str, Any]) -> Recorded:
    extra = response[EXTRA]
    return Recorded(
        status=response["status"]["code"],
        body=response["body"]["string"],
        latency_ms=extra["latency_ms"],
        cut=extra["cut"],
    )


def _method(one: Request, other: Request) -> bool:
    return bool(one.method == other.method)


def _path(one: Request, other: Request) -> bool:
    return bool(one.path == other.path)


def _json_body(one: Request, other: Request) -> bool:
    # Equal bytes are the rule; parsing is for files that somebody reformatted.
    return bool(one.body == other.body) or json.loads(one.body) == json.loads(other.body)


def _difference(recorded: Request, request: Request) -> str:
    before, after = (_lines(one) for one in (recorded, request))
    lines = list(difflib.unified_diff(before, after, "recorded", "this request", n=1, lineterm=""))
    shown = [line if len(line) <= 160 else line[:157] + "..." for line in lines[:_DIFF_LINES]]  # noqa: PLR2004
    if len(lines) > _DIFF_LINES:
        shown.append(f"... and {len(lines) - _DIFF_LINES} more lines")
    return "\n".join(shown)


def _lines(request: Request) -> list[str]:
    lines = [f"{request.method} {request.path}"]
    for key, value in json.loads(request.body).items():
        if key != "messages":
            lines.append(f"{key} = {value!r}")
            continue
        for message in value:
            lines += [f"[{message.get('role')}] {line}" for line in str(message.get("content")).splitlines()]
    return lines


def _checked(path: Path, data: bytes) -> dict[str, Any]:
    """Parse a cassette and check every part that is used later."""
    try:
        document = json.loads(data.decode("utf-8"))
    except UnicodeDecodeError as exc:
        raise CassetteError(_damaged(path, f"byte {exc.start} is not UTF-8")) from exc
    except json.JSONDecodeError as exc:
        raise CassetteError(_damaged(path, f"line {exc.lineno}, column {exc.colno}: {exc.msg}")) from exc
    except RecursionError as exc:
        raise CassetteError(_damaged(path, "it is nested too deeply")) from exc
    _demand(path, "", document, dict)
    version = document.get("version")
    if version != 1:
        raise CassetteError(_damaged(path, f"version: {version!r} instead of 1"))
    _demand(path, "metadata", document.get("metadata", {}), dict)
    for index, interaction in enumerate(_demand(path, "interactions", document.get("interactions"), list)):
        _check_interaction(path, f"interactions[{index}]", interaction)
    return dict(document)


def _check_interaction(path: Path, where: str, interaction: object) -> None:
    exchange = _demand(path, where, interaction, dict)
    request = _demand(path, f"{where}.request", exchange.get("request"), dict)
    for key, kind in (("method", str), ("uri", str), ("body", str), ("headers", dict)):
        _demand(path, f"{where}.request.{key}", request.get(key), kind)
    if set(request) != {"method", "uri", "body", "headers"}:
        raise CassetteError(_damaged(path, f"{where}.request has other keys than method, uri, body, headers"))
    _check_json(path, f"{where}.request.body", request["body"])
    response = _demand(path, f"{where}.response", exchange.get("response"), dict)
    status = _demand(path, f"{where}.response.status", response.get("status"), dict)
    _demand(path, f"{where}.response.status.code", status.get("code"), int)
    body = _demand(path, f"{where}.response.body", response.get("body"), dict)
    text = _demand(path, f"{where}.response.body.string", body.get("string"), str)
    extra = _demand(path, f"{where}.response.{EXTRA}", response.get(EXTRA), dict)
    latency = _demand(path, f"{where}.response.{EXTRA}.latency_ms", extra.get("latency_ms"), int)
    if latency < 0:
        raise CassetteError(_damaged(path, f"{where}.response.{EXTRA}.latency_ms: {latency} is below 0"))
    if not _demand(path, f"{where}.response.{EXTRA}.cut", extra.get("cut"), bool):
        _check_json(path, f"{where}.response.body.string", text)


def _check_json(path: Path, where: str, text: str) -> None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise CassetteError(_damaged(path, f"{where} is not JSON: {exc}")) from exc
    _demand(path, where, value, dict)


def _demand(path: Path, where: str, value: Any, kind: type) -> Any:  # noqa: ANN401 - whatever the JSON holds
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        shown = "missing" if value is None else f"{str(value)[:60]!r}"
        raise CassetteError(_damaged(path, f"{where or 'the document'}: {shown} instead of {_NAMES[kind]}"))
    return value


_NAMES = {dict: "an object", list: "a list", str: "a text", int: "a whole number", bool: "true or false"}


def _damaged(path: Path, what: str) -> str:
    return (
        f"{path}: not a cassette as it was recorded: {what}. It is left as it is; restore it, "
        "or remove it to record the trajectory again"
    )
