"""What the page on servers tells a reader to write is taken, and is sent as it says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import httpx2
import pytest
from lab import MODEL, Lab, texts
from model_server import ModelServer, answer

from refinery_plugin._study.request_settings import FIELDS, parse_request

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "servers-and-models.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| ---", "| server or model"))
]
CODES = [code for row in ROWS for cell in row[1:3] for code in re.findall(r"`([^`]+)`", cell)]
SETTINGS = sorted({code for code in CODES if code.startswith("request")})
ADDRESSES = sorted({code for code in CODES if code.startswith("http")})
SECRET = "a-value-of-the-environment"  # noqa: S105 - of this test alone


def test_every_row_says_what_is_needed_how_and_how_it_is_known() -> None:
    """A row has four cells; its basis is a trial or a source, and most of those are links."""
    assert len(ROWS) > 15
    for row in ROWS:
        assert len(row) == 4, row
        assert all(row), row
        assert row[3].startswith(("tried", "known")) or "](" in row[3] or "pilot" in row[3], row
        assert "](" in row[3] or not row[3].startswith("known"), row
    assert len(SETTINGS) > 5
    assert len(ADDRESSES) > 5


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_of_the_table_is_sent_as_it_says(setting: str, lab: Lab, server: ModelServer) -> None:
    """A server gets the fields and headers that a study with this line sends, and no others; its answer counts."""
    written = tomllib.loads(setting)["request"]
    rules = parse_request(written).of(MODEL)
    lab.settings["VARIABLE"] = SECRET
    server.script(answer("fine"))

    assert texts([lab.ask(table=parse_request(written))]) == ["fine"]

    sent, headers = server.requests[0].body, server.requests[0].headers
    fields = {rules.rename.get(name, name) for name in FIELDS if name not in rules.drop}
    assert set(sent) == {"model", "messages", *fields, *rules.extra}
    for name, value in rules.headers.items():
        assert headers[name.lower()] == value.replace("$VARIABLE", SECRET)


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_of_the_table_is_asked_where_its_server_listens(address: str, lab: Lab) -> None:
    """With a slash at its end or without, the request goes to ``chat/completions`` below it, with the key."""
    lab.settings["OPENAI_BASE_URL"] = address

    request = lab.endpoint().client().build_request("POST", "/chat/completions")

    assert request.url == httpx2.URL(f"{address.rstrip('/')}/chat/completions")
    assert request.headers["authorization"] == f"Bearer {lab.settings['OPENAI_API_KEY']}"
