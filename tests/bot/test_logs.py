"""No secret, PIN or phone leaves through a log line, whoever writes it and however."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import orjson
import pytest
import structlog
from aiohttp.test_utils import make_mocked_request
from yarl import URL

from bot.logs import HIDDEN, Redactor, configure, trace_of
from bot.settings import LogFormat
from core.domain.errors import InsufficientFunds, StaleState

TOKEN = "123456789:" + "AAtest-token_of-a-bot-that-is-not-0"
KEY = 'key "with" quotes/and+signs\\ 1234567890'
PHONE = "+2348030000001"
ALL = (TOKEN, KEY, PHONE, "4829", json.dumps(KEY)[1:-1])


@pytest.fixture
def stream(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """Return what was written to stderr so far; put logging back afterwards."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in ("httpx", "telegram", "asyncio")}
    yield lambda: capsys.readouterr().err
    root.handlers[:] = before
    root.setLevel(level)
    for name, old in levels.items():
        logging.getLogger(name).setLevel(old)
    structlog.reset_defaults()


def start(log_format: LogFormat) -> None:
    structlog.reset_defaults()
    configure(log_format=log_format, level="DEBUG", secrets=[TOKEN, KEY])


class Provider:
    """Something whose repr shows too much."""

    def __repr__(self) -> str:
        return f"Provider(secret_key={KEY!r}, pin='4829')"


def fail() -> None:
    request = httpx.Request("POST", f"https://api.telegram.org/bot{TOKEN}/sendMessage")
    message = f"cannot reach {request.url} with {KEY}"
    raise httpx.ConnectError(message, request=request)


@pytest.mark.parametrize("log_format", LogFormat)
def test_our_lines_are_clean(stream: Callable[[], str], log_format: LogFormat) -> None:
    start(log_format)
    log = structlog.get_logger("test_our_lines")
    log.info("call", url=f"https://x/bot{TOKEN}/getMe", key=KEY, pin="4829", phone=PHONE)
    log.warning("shown", provider=Provider(), headers={"Authorization": f"Bearer {KEY}"})
    log.error("asked", body={"digits": "4829", "token": TOKEN}, url=URL(f"https://x/bot{TOKEN}/a"))
    shown = stream()
    assert not [secret for secret in ALL if secret in shown]
    assert HIDDEN in shown


@pytest.mark.parametrize("log_format", LogFormat)
def test_exceptions_are_clean(stream: Callable[[], str], log_format: LogFormat) -> None:
    start(log_format)
    try:
        fail()
    except httpx.ConnectError:
        structlog.get_logger("test_exceptions").exception("failed", provider=Provider())
        logging.getLogger("somebody.else").exception("failed with %r", Provider())
    shown = stream()
    assert not [secret for secret in ALL if secret in shown]
    assert "ConnectError" in shown


@pytest.mark.parametrize("log_format", LogFormat)
def test_the_libraries_lines_are_clean(stream: Callable[[], str], log_format: LogFormat) -> None:
    start(log_format)
    request = make_mocked_request("GET", f"/bot{TOKEN}/x?token={TOKEN}")
    logging.getLogger("aiohttp.server").error("Error handling request %r", request)
    logging.getLogger("httpx").info("HTTP Request: POST https://x/bot%s/y", TOKEN)
    logging.getLogger("sqlalchemy").warning("parameters %s", {"digits": "4829", "phone": PHONE})
    shown = stream()
    assert not [secret for secret in ALL if secret in shown]
    assert "HTTP Request" not in shown


def test_json_lines_stay_json(stream: Callable[[], str]) -> None:
    start(LogFormat.JSON)
    structlog.get_logger("test_json").info(
        "call", key=KEY, pin="4829", headers={"Authorization": f"Bearer {KEY}"}, phone=PHONE
    )
    try:
        fail()
    except httpx.ConnectError:
        structlog.get_logger("test_json").exception("failed", token=TOKEN)
    lines: list[dict[str, Any]] = [orjson.loads(x) for x in stream().splitlines()]
    assert [line["event"] for line in lines] == ["call", "failed"]
    assert lines[0]["pin"] == HIDDEN


@pytest.mark.parametrize(
    ("line", "clean"),
    [
        ("Authorization: Bearer sk-very-secret-0123456789", f"Authorization: {HIDDEN} {HIDDEN}"),
        ("proxy said Basic dXNlcjpwYXNz", f"proxy said Basic {HIDDEN}"),
        ("client_secret=abc", f"client_secret={HIDDEN}"),
        ("https://x/?api_key=abc&page=2", f"https://x/?api_key={HIDDEN}&page=2"),
        ("{'secret_key': 'abc'}", f"{{'secret_key': '{HIDDEN}'}}"),
        ('{\\"pin\\": \\"4829\\"}', f'{{\\"pin\\": \\"{HIDDEN}\\"}}'),
        ("X-Signature: 0abc", f"X-Signature: {HIDDEN}"),
        (f"/bot{TOKEN.replace(':', '%3A')}/getMe", f"/{HIDDEN}/getMe"),
        ("spinning=3 shipping: 4 typing=5", "spinning=3 shipping: 4 typing=5"),
        ("swept rows=4829 sweep=payment_expiry", "swept rows=4829 sweep=payment_expiry"),
        ("due at 2026-03-02T09:00:00+01:00", "due at 2026-03-02T09:00:00+01:00"),
    ],
)
def test_what_looks_like_a_secret_is_struck_out_and_nothing_else(line: str, clean: str) -> None:
    assert Redactor([]).clean(line) == clean


def test_secrets_in_urls_and_json_are_found() -> None:
    redactor = Redactor([KEY])
    quoted = str(httpx.URL("https://x/", params={"q": KEY}))
    assert "1234567890" not in redactor.clean(f"{quoted} {json.dumps(KEY)} {KEY!r}")


def test_a_short_word_of_the_settings_does_not_blank_the_log() -> None:
    assert Redactor(["", "bot"]).clean("the bot is ready") == "the bot is ready"


def test_a_trace_says_where_and_what_but_no_values() -> None:
    typed, words, trace = "48a29", "her very private words", ""
    try:
        try:
            int(typed)
        except ValueError as error:
            message = f"could not read {words!r} of {4800 + 29}"
            raise LookupError(message) from error
    except LookupError as error:
        trace = trace_of(error)
    assert "48a29" not in trace
    assert "4829" not in trace
    assert "very private" not in trace
    assert trace.count("test_a_trace_says_where") == 2
    assert trace.index("ValueError") < trace.index("LookupError")


def test_a_trace_keeps_names() -> None:
    assert trace_of(KeyError("amount_minor")) == "KeyError: 'amount_minor'"


def test_a_trace_of_ours_holds_no_data() -> None:
    assert trace_of(StaleState(entity="intent")) == "StaleState: StaleState"
    assert trace_of(InsufficientFunds(missing="9000.00")) == "InsufficientFunds: InsufficientFunds"
