"""Structured logs, redacted at the handler: whatever is logged by whomever, secrets do not leave.

The bot token (alone or inside a URL), the keys of the settings and anything shaped like a token or
a PIN field are replaced before a line is written. HTTP clients log no URLs.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import quote, quote_plus

import structlog

from bot.settings import LogFormat

HIDDEN: Final = "[hidden]"

_TOKEN: Final = re.compile(r"\b(?:bot)?\d{6,20}(?::|%3[Aa])[A-Za-z0-9_-]{20,}")
_SCHEME: Final = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
_FIELD: Final = re.compile(
    r"(?i)((?:\b|[_-])(?:pin|digits|password|passwd|passkey|secret|token|api_?key|authorization"
    r"|signature|initiator)(?:[_-][\w-]*)?\\?[\"']?\s*[=:]\s*\\?)"
    r"([\"']?)(?!\[hidden\])[^\s\"'\\,}&]+"
)
_PHONE: Final = re.compile(r"\+\d{7,15}\b")
_VALUE: Final = re.compile(r"'[^']*'|\"[^\"]*\"|\d{4,}")
_PLAIN_NAME: Final = re.compile(r"['\"][A-Za-z_][\w.]*['\"]")
_QUIET: Final = (
    "alembic",
    "httpx",
    "httpcore",
    "aiosqlite",
    "apscheduler",
    "telegram",
    "hpack",
    "asyncio",
)

MIN_SECRET: Final = 8
"""Shorter secrets are left to the patterns: striking them out would blank ordinary words."""

_WRITTEN: Final[tuple[Callable[[str], str], ...]] = (
    lambda secret: json.dumps(secret)[1:-1],
    lambda secret: repr(secret)[1:-1],
    lambda secret: quote(secret, safe=""),
    quote_plus,
)
"""Ways a secret looks inside JSON, a repr or a URL."""

MAX_TRACE: Final = 4000
"""Characters of a trace that are kept; its end says what happened."""

MAX_CAUSES: Final = 5
"""Errors that are told, each with what it led to."""


def trace_of(error: BaseException) -> str:
    """Return an error's frames, kinds and words, without the values in its words.

    A name in quotes stays (a missing key, a column); other quoted text and numbers of four or more
    digits do not: people's input, PINs among it, must not rest in a log or in the table.
    """
    parts: list[str] = []
    told: BaseException | None = error
    while told is not None and len(parts) < MAX_CAUSES:
        frames = "".join(traceback.format_tb(told.__traceback__))
        words = _VALUE.sub(_unless_name, str(told))
        parts.append(f"{frames}{type(told).__name__}: {words}")
        told = told.__cause__ or (None if told.__suppress_context__ else told.__context__)
    return "\nled to\n".join(reversed(parts))[-MAX_TRACE:]


def _unless_name(found: re.Match[str]) -> str:
    return found[0] if _PLAIN_NAME.fullmatch(found[0]) else HIDDEN


class Redactor:
    """Replaces secrets in finished lines."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Know the exact secrets; short ones are left to the patterns."""
        known = {s for s in secrets if len(s) >= MIN_SECRET}
        for _ in range(2):  # A repr inside JSON is written twice.
            known |= {way(s) for s in known for way in _WRITTEN}
        self._secrets = sorted(known, key=len, reverse=True)

    def clean(self, line: str) -> str:
        """Return the line without secrets."""
        for secret in self._secrets:
            line = line.replace(secret, HIDDEN)
        line = _TOKEN.sub(HIDDEN, line)
        line = _SCHEME.sub(rf"\1 {HIDDEN}", line)
        line = _FIELD.sub(rf"\1\2{HIDDEN}", line)
        return _PHONE.sub(HIDDEN, line)


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Formats a record, then cleans the finished text, traceback included."""

    def __init__(self, redactor: Redactor, *, processors: list[structlog.typing.Processor]) -> None:
        super().__init__(
            processors=processors,
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
        )
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.clean(super().format(record))


def configure(*, log_format: LogFormat, level: str, secrets: Iterable[str]) -> Redactor:
    """Send every log line, ours and the libraries', through one redacting handler."""
    redactor = Redactor(secrets)
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer()
    if log_format is LogFormat.CONSOLE:
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,
        )
    processors: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta
    ]
    if log_format is LogFormat.JSON:
        processors.append(structlog.processors.format_exc_info)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(redactor, processors=[*processors, renderer]))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return redactor
