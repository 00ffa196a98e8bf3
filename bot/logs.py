"""Structured logs, redacted at the handler: whatever is logged by whomever, secrets do not leave.

The bot token (alone or inside a URL), the keys of the settings and anything shaped like a token or
a PIN field are replaced before a line is written. HTTP clients log no URLs.
"""

import logging
import re
import sys
from collections.abc import Iterable
from typing import Final

import structlog

from bot.settings import LogFormat

HIDDEN: Final = "[hidden]"

_TOKEN: Final = re.compile(r"\b(bot)?\d{6,12}:[A-Za-z0-9_-]{20,}")
_FIELD: Final = re.compile(
    r"(?i)([\"']?\b(?:pin|digits|password|secret|token|authorization|signature)[\"']?\s*[=:]\s*)"
    r"([\"']?)(?!\[hidden\])[^\s\"',}]+"
)
_PHONE: Final = re.compile(r"\+\d{7,15}\b")
_QUIET: Final = ("alembic", "httpx", "httpcore", "aiosqlite", "apscheduler", "telegram", "hpack", "asyncio")


class Redactor:
    """Replaces secrets in finished lines."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Know the exact secrets; short ones are left to the patterns."""
        self._secrets = sorted({s for s in secrets if len(s) >= 8}, key=len, reverse=True)  # noqa: PLR2004 - shorter ones would blank ordinary words

    def clean(self, line: str) -> str:
        """Return the line without secrets."""
        for secret in self._secrets:
            line = line.replace(secret, HIDDEN)
        line = _TOKEN.sub(HIDDEN, line)
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
