"""No secret reaches a file, a log line, an error or a traceback with its variables."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import json
import logging
import traceback
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lab import IMPATIENT, KEY, Lab, request, requests, texts
from model_server import answer, body, completion, drop, silence, status

from refinery_plugin._generation.chat import ChatFailedError, GenerationStopError
from refinery_plugin._recording.endpoint import Endpoint, EndpointError, Environment
from refinery_plugin._recording.secret import Secrets, public_url

if TYPE_CHECKING:
    from pathlib import Path

    from model_server import Behaviour, ModelServer

BRISK = dataclasses.replace(IMPATIENT, request_limit=0.5)
ORGANISATION = "org-planted-organisation"
PROJECT = "proj-planted-project"
COOKIE = "planted-cookie-5f3a"
USER, PASSWORD = "planted-user", "planted-pass/word"
QUERY = "planted-query-token"
BASIC = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
PLANTED = (KEY, ORGANISATION, PROJECT, COOKIE, PASSWORD, "planted-pass%2Fword", QUERY, BASIC, USER)
HEADERS = {
    "set-cookie": f"session={COOKIE}; Path=/",
    "openai-organization": ORGANISATION,
    "openai-project": PROJECT,
    "x-echo": KEY,
}
ECHO = " ".join(PLANTED)


@pytest.fixture
def planted(lab: Lab, server: ModelServer) -> Lab:
    """Plant a secret in every setting."""
    lab.settings |= {"OPENAI_ORG_ID": ORGANISATION, "OPENAI_PROJECT_ID": PROJECT}
    lab.settings["OPENAI_BASE_URL"] = (
        f"http://{USER}:planted-pass%2Fword@127.0.0.1:{server.port}/v1?api-key={QUERY}"
    )
    return lab


def leaks(text: str) -> list[str]:
    return [secret for secret in PLANTED if secret in text]


def with_variables(error: BaseException) -> str:
    """Return what pytest shows with ``--showlocals``: the whole chain, and the variables of every frame."""
    shown, pending = "", [traceback.TracebackException.from_exception(error, capture_locals=True)]
    while pending:
        one = pending.pop()
        # The frames of these tests hold the secrets, of course.
        one.stack = traceback.StackSummary.from_list([f for f in one.stack if "/tests/" not in f.filename])
        shown += "".join(one.format(chain=False))
        pending += [linked for linked in (one.__cause__, one.__context__) if linked is not None]
    return shown


def written(directory: Path) -> str:
    """Return everything below a directory but the ``.env`` file that the secrets come from."""
    files = [path for path in directory.rglob("*") if path.is_file() and path.name != ".env"]
    return "\n".join(f"{path}\n{path.read_text()}" for path in files)


def test_the_server_does_get_the_secrets(planted: Lab, server: ModelServer) -> None:
    """Or the other tests here would prove nothing."""
    server.script(answer(headers=HEADERS), answer())
    planted.converse(requests(2))
    sent = server.requests[1]
    assert sent.headers["authorization"] == f"Basic {BASIC}"
    assert sent.headers["openai-organization"] == ORGANISATION
    assert sent.headers["openai-project"] == PROJECT
    assert sent.headers["cookie"] == f"session={COOKIE}"
    assert f"api-key={QUERY}" in sent.target


def test_nothing_secret_is_recorded_logged_or_answered(
    planted: Lab, server: ModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither from what is sent, nor from a server that sends all of it back."""
    caplog.set_level(logging.DEBUG)
    document = {**completion(f"Your key is {KEY}, you are {ORGANISATION}."), "echo": ECHO}
    escaped = json.dumps(document).replace("/", "\\/").encode()
    server.script(
        status(500, ECHO, headers=HEADERS), body(escaped, headers=HEADERS), answer("fine", headers=HEADERS)
    )
    live = planted.converse(requests(2))
    assert texts(live) == ["Your key is ***, you are ***.", "fine"]
    assert texts(planted.converse(requests(2), offline=True)) == texts(live)
    assert leaks(written(planted.directory.parent)) == []
    assert leaks(caplog.text) == []
    assert caplog.records


ERRORS: dict[str, Behaviour] = {
    "401": status(401, ECHO, headers=HEADERS),
    "403": status(403, ECHO, headers=HEADERS),
    "404": status(404, ECHO, headers=HEADERS),
    "400": status(400, ECHO, headers=HEADERS),
    "500": status(500, ECHO, headers=HEADERS),
    "quota": status(429, ECHO, error={"code": "insufficient_quota"}, headers=HEADERS),
    "a page": body(ECHO.encode(), code=403, headers=HEADERS),
    "redirect": status(307, ECHO, headers={**HEADERS, "location": f"http://x.invalid/{KEY}"}),
    "dropped": drop(),
    "no answer": silence(),
    "no JSON": body(ECHO.encode(), headers=HEADERS),
    "a cookie of this response": status(
        403, "no: other-cookie-1234", headers={"set-cookie": "a=other-cookie-1234"}
    ),
}


@pytest.mark.parametrize("failure", ERRORS.values(), ids=ERRORS.keys())
def test_no_error_shows_a_secret_with_its_traceback_and_variables(
    planted: Lab, server: ModelServer, failure: Behaviour, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the server writes into its refusal."""
    caplog.set_level(logging.DEBUG)
    server.default = failure
    with pytest.raises((ChatFailedError, GenerationStopError)) as raised:
        planted.ask(policy=BRISK)
    shown = with_variables(raised.value) + caplog.text + written(planted.directory.parent)
    assert leaks(shown) == []
    assert "other-cookie" not in shown
    assert "refinery_plugin/_recording" in shown


def test_no_interrupted_request_shows_a_secret(planted: Lab, server: ModelServer) -> None:
    """The frames of the HTTP library hold the key; a cancelled request leads to none of them."""
    server.default = silence()

    async def run() -> BaseException:
        store = planted.store()
        task = asyncio.ensure_future(store.chat("t").ask(request(), remaining_ms=None))
        while not server.requests:  # noqa: ASYNC110 - the server is another thread's
            await asyncio.sleep(0.01)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError as exc:
            return exc
        finally:
            await store.aclose()
        raise AssertionError("the request was not interrupted")

    shown = with_variables(asyncio.run(run()))
    assert "/wire.py" in shown
    assert leaks(shown) == []


def test_objects_that_hold_secrets_do_not_show_them(planted: Lab) -> None:
    """What a debugger or ``--showlocals`` prints."""
    endpoint = planted.endpoint()
    assert leaks(repr([endpoint, endpoint.secrets, Environment(planted.directory.parent)])) == []
    assert endpoint.name in repr(endpoint)


@pytest.mark.parametrize("key", ["sk-planted key", "sk-planted\u00e9", "sk-planted\\nkey"])
def test_an_impossible_key_is_refused_without_showing_it(tmp_path: Path, key: str) -> None:
    """The HTTP library would quote it."""
    (tmp_path / ".env").write_text(f'OPENAI_API_KEY="{key}"\n', encoding="utf-8")
    with pytest.raises(EndpointError, match="OPENAI_API_KEY has characters") as refused:
        Endpoint(Environment(tmp_path))
    assert "planted" not in with_variables(refused.value)


@pytest.mark.parametrize(
    "url", ["planted", "ftp://planted@host", "http://", "http://u:planted@[::1", "http://h:planted"]
)
def test_an_impossible_address_is_refused_without_showing_it(tmp_path: Path, url: str) -> None:
    """It may well hold a password."""
    (tmp_path / ".env").write_text(f"OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL='{url}'\n")
    with pytest.raises(EndpointError, match="OPENAI_BASE_URL is not an HTTP address") as refused:
        Endpoint(Environment(tmp_path))
    assert "planted" not in str(refused.value)


@pytest.mark.parametrize(
    "text", ["", "OPENAI_API_KEY=\n", "OPENAI_API_KEY='  '\n", "\x00=\n", "no assignment"]
)
def test_without_a_key_both_remedies_are_named(tmp_path: Path, text: str) -> None:
    """A key, or the cassettes."""
    (tmp_path / ".env").write_text(text)
    with pytest.raises(
        EndpointError, match=r"set OPENAI_API_KEY.*or put the study's cassettes into the folder"
    ):
        Endpoint(Environment(tmp_path))


def test_the_env_file_does_not_reach_the_environment(planted: Lab) -> None:
    """Programs and other plugins of the session have no business with it."""
    import os  # noqa: PLC0415 - beside its only use

    planted.ask()
    assert "OPENAI_API_KEY" not in os.environ


def test_a_short_key_of_a_local_server_leaves_programs_alone(lab: Lab, server: ModelServer) -> None:
    """It is a word, and no secret."""
    lab.settings["OPENAI_API_KEY"] = "local"
    server.script(answer("a local variable"))
    assert texts([lab.ask()]) == ["a local variable"]


@settings(deadline=None)
@given(
    secret=st.text('abcXYZ019/+%"\\é', min_size=8, max_size=20),
    before=st.text(max_size=10),
    after=st.text(max_size=10),
)
def test_a_secret_is_found_as_it_is_in_urls_and_in_json(secret: str, before: str, after: str) -> None:
    """In any of the forms in which servers send it back."""
    import urllib.parse  # noqa: PLC0415 - beside its only use

    secrets = Secrets([secret])
    for form in (secret, json.dumps(secret)[1:-1], urllib.parse.quote(secret, safe="")):
        assert form not in secrets.scrub(before + form + after).replace("***", "")


def test_addresses_are_shown_without_what_is_private() -> None:
    """User, password, query and fragment."""
    assert public_url("https://a:b@h.example:8443/v1/?k=v#f") == "https://h.example:8443/v1"
    assert public_url("http://[::1]:80") == "http://[::1]:80"


def test_an_env_file_that_is_no_text_is_refused_without_its_bytes(tmp_path: Path) -> None:
    """It is named, and the kind of error; the bytes may be those of a key."""
    (tmp_path / ".env").write_bytes(b"OPENAI_API_KEY=planted\xff\n")
    with pytest.raises(EndpointError, match=r"\.env: cannot be read: UnicodeDecodeError") as refused:
        Environment(tmp_path)
    assert "planted" not in str(refused.value)


@pytest.mark.parametrize("variable", ["OPENAI_API_KEY", "AZURE_OPENAI_API_KEY"])
def test_azure_gets_the_key_in_its_own_header(tmp_path: Path, variable: str) -> None:
    """Whichever of the two variables holds it."""
    address = "https://mine.openai.azure.com/openai/v1"
    (tmp_path / ".env").write_text(f"{variable}={KEY}\nOPENAI_BASE_URL={address}\n")
    client = Endpoint(Environment(tmp_path)).client()
    assert client.headers["api-key"] == KEY
    assert "Authorization" not in client.headers


def test_a_proxy_that_cannot_be_used_is_refused_without_showing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its address may well hold a password."""
    (tmp_path / ".env").write_text(f"OPENAI_API_KEY={KEY}\n")
    monkeypatch.setenv("ALL_PROXY", "odd://me:planted@127.0.0.1:1")
    with pytest.raises(EndpointError, match="look at the proxy settings of the environment") as refused:
        Endpoint(Environment(tmp_path)).client()
    assert "planted" not in str(refused.value)
