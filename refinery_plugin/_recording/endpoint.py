"""Where live requests go, and with which key: from the environment, or a ``.env`` file."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dotenv import dotenv_values

from refinery_plugin._generation.chat import GenerationStopError
from refinery_plugin._recording.secret import Secrets, credentials, public_url, secrets_of_url
from refinery_plugin._study.request_settings import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import httpx2

    from refinery_plugin._study.request_settings import RequestRules

DEFAULT_URL = "https://api.openai.com/v1"
KEY, URL = "OPENAI_API_KEY", "OPENAI_BASE_URL"
_ORGANISATION, _PROJECT = "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"
_AZURE_KEY = "AZURE_OPENAI_API_KEY"
_SECRET_NAMES = (
    KEY,
    _AZURE_KEY,
    _ORGANISATION,
    _PROJECT,
    "OPENAI_ORGANIZATION",
    "OPENAI_PROJECT",
    "OPENAI_ADMIN_KEY",
)
_CONNECT_SECONDS = 30.0
_WIRE_LOGGERS = tuple(f"httpcore2.{part}" for part in ("connection", "http11", "http2", "proxy", "socks"))


class EndpointError(GenerationStopError):
    """The key or the URL of the endpoint cannot be used; the message shows neither."""


class MissingKeyError(EndpointError):
    """There is no key; ``variable`` of the environment should have held it."""

    def __init__(self, message: str, variable: str) -> None:
        super().__init__(message)
        self.variable = variable


class Environment:
    """The process environment, with a ``.env`` file behind it; shows nothing of either."""

    __slots__ = ("_file",)

    def __init__(self, directory: Path) -> None:
        path = directory / ".env"
        try:
            self._file = dotenv_values(path) if path.is_file() else {}
        except (OSError, UnicodeDecodeError) as exc:
            raise EndpointError(f"{path}: cannot be read: {type(exc).__name__}") from None

    def get(self, name: str) -> str | None:
        """Return a value that is not empty, or ``None``."""
        for value in (os.environ.get(name), self._file.get(name)):
            if value is not None and value.strip():
                return value.strip()
        return None


class Endpoint:
    """An OpenAI-compatible endpoint; the object shows nothing but its public address.

    Parameters
    ----------
    environment : holds the key, and what headers name.
    headers : values of further headers, of all models, which may name variables of the environment.

    Raises
    ------
    EndpointError : when there is no key, or key or URL cannot be used.
    """

    __slots__ = ("_environment", "name", "secrets")

    def __init__(self, environment: Environment, headers: Sequence[Mapping[str, str]] = ()) -> None:
        self._environment = environment
        self.name = endpoint_name(environment)
        variables = sorted(
            {name for group in headers for text in group.values() for name in _variables(text)}
        )
        _check_key(environment, variables)
        values = [environment.get(name) for name in (*_SECRET_NAMES, *variables)]
        values += [self._filled(text) for group in headers for text in group.values() if _variables(text)]
        self.secrets = Secrets([*values, *secrets_of_url(environment.get(URL) or "")])

    def __repr__(self) -> str:
        return f"Endpoint({self.name})"

    def client(self) -> httpx2.AsyncClient:
        """Return a client whose requests, relative to the endpoint, carry the key.

        Raises
        ------
        EndpointError : when the proxies of the environment cannot be used.
        """
        import httpx2  # noqa: PLC0415 - slow to import

        try:
            # No variable here holds a secret: tracebacks may show variables.
            return httpx2.AsyncClient(
                base_url=self.name,
                headers=self._headers(),
                params=httpx2.QueryParams(urlsplit(self._url()).query),
                auth=httpx2.BasicAuth(*credentials(self._url())) if self._has_credentials() else None,
                timeout=httpx2.Timeout(None, connect=_CONNECT_SECONDS),
                limits=httpx2.Limits(max_connections=None, max_keepalive_connections=None),
            )
        except (ValueError, ImportError, httpx2.InvalidURL) as exc:
            raise EndpointError(
                f"no client for {self.name}: {type(exc).__name__}; look at the proxy settings of the environment"
            ) from None

    def headers(self, rules: RequestRules) -> dict[str, str]:
        """Return the further headers of a request, variables of the environment put in."""
        return {name: self._filled(text) for name, text in rules.headers.items()}

    def _filled(self, text: str) -> str:
        return VARIABLE.sub(lambda match: self._environment.get(match[1] or match[2]) or "", text)

    def _url(self) -> str:
        return self._environment.get(URL) or DEFAULT_URL

    def _has_credentials(self) -> bool:
        return urlsplit(self._url()).username is not None

    def _headers(self) -> dict[str, str]:
        get = self._environment.get
        named = {
            "OpenAI-Organization": get(_ORGANISATION),
            "OpenAI-Project": get(_PROJECT),
        }
        if not self._has_credentials():
            named |= self._key_header()
        return {name: value for name, value in named.items() if value is not None}

    def _key_header(self) -> dict[str, str]:
        if _is_azure(self._url()):
            return {"api-key": self._environment.get(_AZURE_KEY) or self._environment.get(KEY) or ""}
        key = self._environment.get(KEY)
        return {} if key is None else {"Authorization": f"Bearer {key}"}


def _is_azure(url: str) -> bool:
    """Whether an address is one of Azure OpenAI, which wants its key in a header of its own."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    return host.endswith((".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")) or (
        "/openai/deployments/" in parts.path
    )


def _variables(text: str) -> list[str]:
    return [match[1] or match[2] for match in VARIABLE.finditer(text)]


def has_key(environment: Environment) -> bool:
    """Whether there is a key that is sent in the usual header."""
    names = (KEY, _AZURE_KEY) if _is_azure(environment.get(URL) or DEFAULT_URL) else (KEY,)
    return any(environment.get(name) is not None for name in names)


def endpoint_name(environment: Environment) -> str:
    """Return the address of the endpoint, fit to be shown.

    Raises
    ------
    EndpointError : when ``OPENAI_BASE_URL`` is no HTTP address.
    """
    url = environment.get(URL) or DEFAULT_URL
    try:
        name = public_url(url)
        valid = urlsplit(url).scheme in {"http", "https"} and bool(urlsplit(url).hostname)
    except ValueError:
        valid = False
    if not valid:
        raise EndpointError(f"{URL} is not an HTTP address; it must be like {DEFAULT_URL}")
    return name


def _check_key(environment: Environment, variables: Sequence[str]) -> None:
    for name in variables:
        if environment.get(name) is None:
            raise MissingKeyError(
                f"The study's request.headers want ${name}, which is not set: set it in the environment or in a .env "
                "file, or put the study's cassettes into the folder to replay them",
                name,
            )
    if not variables and not has_key(environment):
        raise MissingKeyError(
            f"There is no key to call a model with: set {KEY} (and {URL} for another endpoint than OpenAI's), in the "
            "environment or in a .env file, or put the study's cassettes into the folder to replay them",
            KEY,
        )
    for name in (KEY, _AZURE_KEY, _ORGANISATION, _PROJECT, *variables):
        # No variable holds the value where an error is raised: tracebacks may show variables.
        if not _is_possible(environment.get(name)):
            raise EndpointError(
                f"{name} has characters that no key has (spaces, line ends, letters beyond ASCII)"
            )


def _is_possible(value: str | None) -> bool:
    return value is None or (value.isascii() and value.isprintable() and " " not in value)


class _Discreet(logging.Filter):
    """Keeps secrets out of the log lines of the HTTP libraries, whatever level somebody turned on."""

    def __init__(self, secrets: Secrets) -> None:
        super().__init__()
        self._secrets = secrets

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name in _WIRE_LOGGERS:
            return False  # these write whole response headers, cookies and all
        record.msg, record.args = self._secrets.scrub(record.getMessage()), ()
        return True


class DiscreetLogs:
    """Holds the HTTP libraries' loggers to discretion until it is closed."""

    def __init__(self, secrets: Secrets) -> None:
        self._filter = _Discreet(secrets)
        self._loggers = [logging.getLogger(name) for name in ("httpx2", "openai", *_WIRE_LOGGERS)]
        for logger in self._loggers:
            logger.addFilter(self._filter)

    def close(self) -> None:
        """Let them go."""
        for logger in self._loggers:
            logger.removeFilter(self._filter)
