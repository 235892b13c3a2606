"""Damaged, truncated and hand-edited cassettes: one clear error with file and place, and the file stays as it is."""

from __future__ import annotations

import contextlib
import copy
import errno
import json
import os
import resource
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lab import Lab, requests
from model_server import answer

from refinery_plugin._recording.cassette import CassetteError, TrajectoryCassette
from refinery_plugin._recording.cassette_folder import REPLACED
from refinery_plugin._recording.cassette_format import DamageError, judged_digest, parse
from refinery_plugin._recording.folder_lock import recording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from model_server import ModelServer

FIRST = ("interactions", 0)
DELETED = object()


def at(*place: Any, value: Any) -> Callable[[Any], None]:  # noqa: ANN401 - JSON
    """Return an edit of one place of a document."""

    def edit(document: Any) -> None:  # noqa: ANN401
        for key in place[:-1]:
            document = document[key]
        if value is DELETED:
            del document[place[-1]]
        else:
            document[place[-1]] = value

    return edit


EXTRA = (*FIRST, "response", "refinery")
JUDGED = (*EXTRA, "feedback")
WHOLE = {"verdict": "correct", "ratio": 0.5, "told": "It is right."}
EDITS = {
    "interactions[0].response.refinery.feedback: '3' instead of an object": at(*JUDGED, value=3),
    "interactions[0].response.refinery.feedback: missing instead of an object": at(*JUDGED, value=None),
    "interactions[0].response.refinery.feedback.verdict: missing": at(*JUDGED, value={"ratio": 0.5}),
    "interactions[0].response.refinery.feedback.verdict: 'fine' is none; known are correct": at(
        *JUDGED, value={**WHOLE, "verdict": "fine"}
    ),
    "interactions[0].response.refinery.feedback.ratio: '0' instead of a number above 0": at(
        *JUDGED, value={**WHOLE, "ratio": 0}
    ),
    "interactions[0].response.refinery.feedback.cpu_ratio: 'fast' instead": at(
        *JUDGED, value={**WHOLE, "cpu_ratio": "fast"}
    ),
    "interactions[0].response.refinery.feedback.noise: 'True' instead": at(
        *JUDGED, value={**WHOLE, "noise": True}
    ),
    "interactions[0].response.refinery.feedback.told: '[]' instead of a text": at(
        *JUDGED, value={**WHOLE, "told": []}
    ),
    "interactions[0].response.refinery.feedback.praise: there is no such key": at(
        *JUDGED, value={**WHOLE, "praise": "much"}
    ),
    "interactions[0].response.refinery.feedback.at_most: '1' instead of true or false": at(
        *JUDGED, value={**WHOLE, "at_most": 1}
    ),
    "interactions[0].response.refinery.feedback: not what was found, by its checksum": at(
        *JUDGED, value={**WHOLE, "sha256": judged_digest({**WHOLE, "ratio": 0.25})}
    ),
    "interactions: missing": at("interactions", value=DELETED),
    "interactions: '{}' instead of a list": at("interactions", value={}),
    "version: 2 instead of 1": at("version", value=2),
    "interactions[0]: '7' instead of an object": at(*FIRST, value=7),
    "interactions[0].request.method": at(*FIRST, "request", "method", value=1),
    "interactions[0].request.uri": at(*FIRST, "request", "uri", value="http://[::1/"),
    "interactions[0].request.body is not JSON": at(*FIRST, "request", "body", value="{"),
    "interactions[0].request.body: '[]'": at(*FIRST, "request", "body", value="[]"),
    "interactions[0].request.header: there is no such key": at(*FIRST, "request", "header", value={}),
    "interactions[0].request.headers.a": at(*FIRST, "request", "headers", value={"a": "b"}),
    "interactions[0].response.status.code": at(*FIRST, "response", "status", "code", value="200"),
    "interactions[0].response.body.string: missing": at(*FIRST, "response", "body", value={}),
    "interactions[0].response.body.string: an answer that is not whole JSON": at(
        *FIRST, "response", "body", "string", value='{"choices": ['
    ),
    "interactions[0].response.body.string: an answer with no choices": at(
        *FIRST, "response", "body", "string", value="{}"
    ),
    "interactions[0].response.body.string: not what the server sent, by its checksum": at(
        *FIRST,
        "response",
        "body",
        "string",
        value='{"choices": [{"message": {"content": "a better program"}}]}',
    ),
    "interactions[0].response.refinery.sha256: missing": at(*EXTRA, "sha256", value=DELETED),
    "interactions[0].response.refinery: missing": at(*EXTRA, value=DELETED),
    "interactions[0].response.refinery.latency_ms: '1.5' instead of a whole number": at(
        *EXTRA, "latency_ms", value=1.5
    ),
    "interactions[0].response.refinery.latency_ms: '12' instead of a whole": at(
        *EXTRA, "latency_ms", value="12"
    ),
    "interactions[0].response.refinery.latency_ms: 'True'": at(*EXTRA, "latency_ms", value=True),
    "interactions[0].response.refinery.latency_ms: -1 is below 0": at(*EXTRA, "latency_ms", value=-1),
    "interactions[0].response.refinery.latency: there is no such key": at(*EXTRA, "latency", value=1),
    "interactions[0].response.refinery.cut: '1' instead of true or false": at(*EXTRA, "cut", value=1),
    "interactions[0].response.refinery.attempts[0].ms": at(
        *EXTRA, "attempts", value=[{"outcome": "x", "paid": True}]
    ),
    "metadata.refinery.finished": at("metadata", "refinery", "finished", value="yes"),
    "metadata.refinery.price.input: 'cheap'": at(
        "metadata", "refinery", "price", value={"input": "cheap", "output": "1", "source": "?"}
    ),
    "metadata.refinery.failed.reason": at("metadata", "refinery", "failed", value={}),
}


@pytest.mark.parametrize(("told", "edit"), EDITS.items(), ids=EDITS.keys())
def test_a_hand_edited_cassette_is_refused_at_its_place(
    lab: Lab, server: ModelServer, told: str, edit: Callable[[Any], None]
) -> None:
    """One error for each mode; nothing is called and nothing overwritten."""
    lab.converse(requests(2))
    document = lab.cassette()
    edit(document)
    lab.edit(document)
    written = lab.path().read_bytes()
    for offline in (True, False):
        with pytest.raises(CassetteError) as refused:
            lab.converse(requests(2), offline=offline)
        assert str(refused.value).startswith(f"{lab.path()}: not a cassette as it was recorded: {told}")
        assert "restore it, or remove it to record the trajectory again" in str(refused.value)
    assert len(server.requests) == 2
    assert lab.path().read_bytes() == written


BROKEN = {
    "empty": (b"", "line 1, column 1"),
    "white": (b"\n\n", "line 3, column 1"),
    "not UTF-8": (b'{"version": "\xff"}', "byte 13 is not UTF-8"),
    "merge conflict": (b'{"version": 1,\n<<<<<<< ours\n', "line 2, column 1"),
    "twice": (b'{"version": 1, "version": 1}', "key 'version' is there twice"),
    "NaN": (b'{"version": NaN}', "NaN is no JSON"),
    "deep": (b"[" * 100_000, "nested too deeply"),
    "digits": (b"[" + b"9" * 5000 + b"]", "digit"),
    "a list": (b"[]", "the document: '[]' instead of an object"),
    "an old cassette": (b'[{"request": {}}]', "the document"),
}


@pytest.mark.parametrize(("data", "told"), BROKEN.values(), ids=BROKEN.keys())
def test_a_file_that_is_no_cassette_is_refused(lab: Lab, server: ModelServer, data: bytes, told: str) -> None:
    """Vcrpy would take it for empty and record over it."""
    lab.directory.mkdir()
    lab.path().write_bytes(data)
    with pytest.raises(CassetteError) as refused:
        lab.ask()
    assert told in str(refused.value)
    assert not server.requests
    assert lab.path().read_bytes() == data


def test_a_directory_in_place_of_a_cassette_is_an_error(lab: Lab) -> None:
    """Not a missing cassette."""
    lab.path().mkdir(parents=True)
    with pytest.raises(CassetteError, match=r"1_3_inf_1\.json: cannot be read"):
        lab.ask()


def test_a_cassette_that_cannot_be_written_stops_the_run(lab: Lab, server: ModelServer) -> None:
    """A turn that is not on disk would be paid for twice."""
    lab.directory.mkdir()
    server.choose = lambda _request: lab.path().mkdir()
    with pytest.raises(CassetteError, match=r"1_3_inf_1\.json could not be written"):
        lab.ask()


@contextlib.contextmanager
def full_disk(room: int) -> Iterator[None]:
    """Let no file of this process grow beyond some bytes: writing more is an error, as on a disk without room."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def test_a_recording_stays_in_its_place_where_the_new_one_cannot_be_written(
    lab: Lab, server: ModelServer
) -> None:
    """It is kept aside before, and no moment is without it."""
    lab.converse(requests(2))
    written = lab.path().read_bytes()
    server.default = answer("x" * 2_000_000)
    with full_disk(1_000_000), pytest.raises(CassetteError, match="nothing that was there is lost"):
        lab.converse(requests(2), afresh=True)
    assert lab.path().read_bytes() == written
    assert {path.name for path in lab.directory.iterdir()} == {lab.path().name, REPLACED}
    assert len(lab.converse(requests(2), offline=True)) == 2


def test_recordings_that_are_replaced_are_kept_one_by_one_also_without_links(
    lab: Lab, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each under a number of its own, as it was, on file systems that have no links, too."""
    kept = []
    for text in ("one", "two", "three"):
        server.default = answer(text)
        lab.converse(requests(1), afresh=True)
        kept.append(lab.path().read_bytes())
        monkeypatch.setattr(os, "link", _no_links)
    folder = lab.directory / REPLACED
    assert [path.read_bytes() for path in sorted(folder.iterdir())] == kept[:-1]


def _no_links(*_paths: object) -> None:
    raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))


def test_a_full_disk_is_told_by_what_cannot_be_written_not_by_the_lock(tmp_path: Path) -> None:
    """Who holds the folder is written down for people alone."""
    with full_disk(0), recording(tmp_path / "cassettes"):
        pass
    assert list((tmp_path / "cassettes").iterdir()) == []


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """One real recording."""
    from model_server import ModelServer  # noqa: PLC0415 - beside its only use

    with ModelServer(answer("Zahl ² → 1")) as server:
        lab = Lab.at(tmp_path_factory.mktemp("damage") / "cassettes", server.base_url)
        lab.converse(requests(2))
        return lab.path().read_bytes()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True))
def test_no_truncated_cassette_is_taken_for_a_whole_one(
    recorded: bytes, tmp_path: Path, share: float
) -> None:
    """Wherever a file ends too early."""
    path = tmp_path / "truncated.json"
    path.write_bytes(recorded[: int(share * (len(recorded) - 2))])
    with pytest.raises(CassetteError, match=r"truncated\.json: not a cassette as it was recorded: line \d+"):
        TrajectoryCassette(path)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_is_either_harmless_or_told(recorded: bytes, tmp_path: Path, data: st.DataObject) -> None:
    """Whatever stands in any place of a cassette: it is read, or refused with one kind of error."""
    document = json.loads(recorded)
    edited = copy.deepcopy(document)
    node: Any = edited
    while True:
        key = data.draw(
            st.sampled_from(sorted(node)) if isinstance(node, dict) else st.integers(0, len(node) - 1)
        )
        if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.booleans()):
            break
        node = node[key]
    junk: st.SearchStrategy[Any] = (
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just([]) | st.just({})
    )
    node[key] = data.draw(junk)
    path = tmp_path / "edited.json"
    path.write_text(json.dumps(edited))
    try:
        tape = TrajectoryCassette(path)
    except CassetteError:
        return
    assert len(tape.recorded) == len(edited["interactions"])


@given(st.binary(max_size=60))
def test_parsing_never_fails_in_another_way(data: bytes) -> None:
    """Only one kind of error leaves the parser."""
    with pytest.raises(DamageError):
        parse(data)
