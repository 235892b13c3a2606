"""What a cassette must hold: every part that is used later is checked before anything is (pure)."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from refinery_plugin._recording.answer import AnswerError, read_answer
from refinery_plugin._verification.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

EXTRA = "refinery"
"""Key of what is kept beside each response and in the cassette's metadata."""

JUDGED = "feedback"
"""Key, beside a response, of what was found of its program."""

DIGEST = "sha256"
"""Key, in what was found of a program, of its checksum."""

VERSION = 1
_JUDGED_TEXTS = ("reason", "error_type", "told")
_JUDGED_NUMBERS = ("ratio", "cpu_ratio", "noise")
_NAMES = {
    dict: "an object",
    list: "a list",
    str: "a text",
    int: "a whole number",
    bool: "true or false",
}


class DamageError(ValueError):
    """Something in a cassette is not as it was recorded; the message says where and what."""


def parse(data: bytes) -> dict[str, Any]:
    """Parse a cassette and check it.

    Raises
    ------
    DamageError : with line and column, or the place in the document such as ``interactions[2].response.body``.
    """
    try:
        document = json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError as exc:
        raise DamageError(f"byte {exc.start} is not UTF-8") from exc
    except json.JSONDecodeError as exc:
        raise DamageError(f"line {exc.lineno}, column {exc.colno}: {exc.msg}") from exc
    except RecursionError as exc:
        raise DamageError("it is nested too deeply") from exc
    except DamageError:
        raise
    except ValueError as exc:
        raise DamageError(str(exc)) from exc
    _check(document)
    return dict(document)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise DamageError(f"key {twice!r} is there twice in one object")
    return table


def _no_constant(name: str) -> NoReturn:
    raise DamageError(f"{name} is no JSON")


def _check(document: object) -> None:
    table = _demand("", document, dict)
    if table.get("version") != VERSION or isinstance(table.get("version"), bool):
        raise DamageError(f"version: {table.get('version')!r} instead of {VERSION}")
    for index, interaction in enumerate(_demand("interactions", table.get("interactions"), list)):
        where = f"interactions[{index}]"
        exchange = _demand(where, interaction, dict)
        _check_request(f"{where}.request", exchange.get("request"))
        _check_response(f"{where}.response", exchange.get("response"))
    metadata = _demand("metadata", table.get("metadata", {}), dict)
    _check_notes(f"metadata.{EXTRA}", metadata.get(EXTRA, {}))


def _check_request(where: str, value: object) -> None:
    request = _demand(where, value, dict)
    for key, kind in (("method", str), ("uri", str), ("body", str), ("headers", dict)):
        _demand(f"{where}.{key}", request.get(key), kind)
    _refuse_unknown(where, request, {"method", "uri", "body", "headers"})
    _check_headers(f"{where}.headers", request["headers"])
    try:
        urlsplit(request["uri"])
    except ValueError as exc:
        raise DamageError(f"{where}.uri: {request['uri'][:60]!r} is no URI") from exc
    try:
        body = json.loads(request["body"])
    except (ValueError, RecursionError) as exc:
        raise DamageError(f"{where}.body is not JSON: {exc}") from exc
    _demand(f"{where}.body", body, dict)


def _check_response(where: str, value: object) -> None:
    response = _demand(where, value, dict)
    status = _demand(f"{where}.status", response.get("status"), dict)
    _demand(f"{where}.status.code", status.get("code"), int)
    _check_headers(f"{where}.headers", response.get("headers"))
    body = _demand(f"{where}.body", response.get("body"), dict)
    text = _demand(f"{where}.body.string", body.get("string"), str).encode("utf-8", "surrogatepass")
    extra = _check_extra(f"{where}.{EXTRA}", response.get(EXTRA))
    if not extra["cut"]:
        try:
            read_answer(text)
        except AnswerError as exc:
            raise DamageError(f"{where}.body.string: {exc}") from exc
    if extra["sha256"] != hashlib.sha256(text).hexdigest():
        raise DamageError(
            f"{where}.body.string: not what the server sent, by its checksum: somebody edited it"
        )


def _check_headers(where: str, value: object) -> None:
    for name, values in _demand(where, value, dict).items():
        for index, text in enumerate(_demand(f"{where}.{name}", values, list)):
            _demand(f"{where}.{name}[{index}]", text, str)


def _check_extra(where: str, value: object) -> dict[str, Any]:
    extra = _demand(where, value, dict)
    _refuse_unknown(where, extra, {"latency_ms", "cut", "sha256", "attempts", JUDGED})
    _check_whole(f"{where}.latency_ms", extra.get("latency_ms"))
    _check_attempts(f"{where}.attempts", extra.get("attempts", []))
    if JUDGED in extra:
        _check_judged(f"{where}.{JUDGED}", extra[JUDGED])
    _demand(f"{where}.cut", extra.get("cut"), bool)
    _demand(f"{where}.sha256", extra.get("sha256"), str)
    return dict(extra)


def _check_judged(where: str, value: object) -> None:
    judged = _demand(where, value, dict)
    _refuse_unknown(where, judged, {"verdict", *_JUDGED_TEXTS, *_JUDGED_NUMBERS, "at_most", DIGEST})
    _demand(f"{where}.at_most", judged.get("at_most", False), bool)
    verdict = _demand(f"{where}.verdict", judged.get("verdict"), str)
    if verdict not in set(Verdict):
        raise DamageError(f"{where}.verdict: {verdict[:60]!r} is none; known are {', '.join(Verdict)}")
    for key in _JUDGED_TEXTS:
        if judged.get(key) is not None:
            _demand(f"{where}.{key}", judged[key], str)
    for key in _JUDGED_NUMBERS:
        number = judged.get(key)
        is_number = isinstance(number, (int, float)) and not isinstance(number, bool)
        # Only what was measured without any noise has none; no program takes no time.
        if number is not None and not (
            is_number and 0 <= number < float("inf") and (number or key == "noise")
        ):
            raise DamageError(f"{where}.{key}: {str(number)[:60]!r} instead of a number above 0")
    # Recordings of earlier versions have none.
    if _demand(f"{where}.{DIGEST}", judged.get(DIGEST, ""), str) not in ("", judged_digest(judged)):
        raise DamageError(f"{where}: not what was found, by its checksum: somebody edited it")


def judged_digest(judged: Mapping[str, object]) -> str:
    """Return the checksum of what was found of a program, itself left out."""
    rest = {key: value for key, value in judged.items() if key != DIGEST}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def _check_attempts(where: str, value: object) -> None:
    for index, one in enumerate(_demand(where, value, list)):
        attempt = _demand(f"{where}[{index}]", one, dict)
        _demand(f"{where}[{index}].outcome", attempt.get("outcome"), str)
        _check_whole(f"{where}[{index}].ms", attempt.get("ms"))
        _demand(f"{where}[{index}].paid", attempt.get("paid"), bool)
        if "usage" in attempt:
            usage = _demand(f"{where}[{index}].usage", attempt["usage"], list)
            for part in range(2):
                _check_whole(f"{where}[{index}].usage[{part}]", usage[part] if part < len(usage) else None)


def _check_notes(where: str, value: object) -> None:
    notes = _demand(where, value, dict)
    _demand(f"{where}.finished", notes.get("finished", False), bool)
    _check_price(f"{where}.price", notes.get("price"))
    for model, price in _demand(f"{where}.prices", notes.get("prices", {}), dict).items():
        _check_price(f"{where}.prices.{model}", price)
    if (failed := notes.get("failed")) is not None:
        _demand(f"{where}.failed.reason", _demand(f"{where}.failed", failed, dict).get("reason"), str)
        _demand(f"{where}.failed.request", failed.get("request"), str)


def _check_price(where: str, value: object) -> None:
    if value is None:
        return
    price = _demand(where, value, dict)
    for key in ("input", "output"):
        _check_decimal(f"{where}.{key}", price.get(key))
    _demand(f"{where}.source", price.get("source"), str)


def _check_decimal(where: str, value: object) -> None:
    try:
        number = Decimal(_demand(where, value, str))
    except InvalidOperation:
        number = Decimal(-1)
    if not number.is_finite() or number < 0:
        raise DamageError(f"{where}: {value!r} instead of a number of 0 or more, as a text")


def _check_whole(where: str, value: object) -> None:
    if _demand(where, value, int) < 0:
        raise DamageError(f"{where}: {value} is below 0")


def _refuse_unknown(where: str, table: dict[str, Any], known: set[str]) -> None:
    for key in table:
        if key not in known:
            raise DamageError(f"{where}.{key}: there is no such key; known are {', '.join(sorted(known))}")


def _demand(where: str, value: Any, kind: type) -> Any:  # noqa: ANN401 - whatever the JSON holds
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        shown = "missing" if value is None else f"{str(value)[:60]!r}"
        raise DamageError(f"{where or 'the document'}: {shown} instead of {_NAMES[kind]}")
    return value
