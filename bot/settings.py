"""Settings, from the environment or `.env`; every name is documented in README.

A missing or malformed setting stops the start with one line that names it.
"""

import ipaddress
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.roles import EVERY_PART, Part, parts_of
from storage.keyring import MIN_SECRET

LIVE_TELEGRAM: Final = "https://api.telegram.org"
_SQLITE: Final = ("sqlite+aiosqlite:///", "sqlite:///")
_POSTGRES: Final = (
    "postgresql://",
    "postgresql+psycopg://",
    "postgresql+asyncpg://",
    "postgres://",
)
_TOKEN: Final = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{10,100}")
_PEM: Final = "-----BEGIN CERTIFICATE-----"
_WEBHOOK_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")


class BadSetting(Exception):
    """A setting is missing or malformed; the text names it and says what it should be."""


class TelegramMode(StrEnum):
    """How updates come in."""

    POLLING = "polling"
    WEBHOOK = "webhook"


class LogFormat(StrEnum):
    """How log lines look."""

    CONSOLE = "console"
    JSON = "json"


class Settings(BaseSettings):
    """Everything that can be set; frozen, secrets never shown."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    database_url: Annotated[str, Field(repr=False)] = ""
    database_direct_url: Annotated[str, Field(repr=False)] = ""
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    public_url: str = ""
    telegram_bot_token: SecretStr = SecretStr("")
    telegram_api_url: str = LIVE_TELEGRAM
    telegram_mode: TelegramMode = TelegramMode.POLLING
    telegram_webhook_secret: SecretStr = SecretStr("")
    telegram_provider_token: SecretStr = SecretStr("")
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    operator_ids: Annotated[tuple[int, ...], NoDecode] = ()
    hazina_role: str = "all"
    hazina_secret_key: SecretStr = SecretStr("")
    log_format: LogFormat = LogFormat.CONSOLE
    log_level: str = "INFO"
    hazina_sandbox_url: str = ""
    sandbox_clock_offset_s: int = 0
    sandbox_plays: str = ""
    sandbox_api_url: str = ""
    sandbox_secret_key: SecretStr = SecretStr("")
    sandbox_webhook_secret: SecretStr = SecretStr("")
    paystack_secret_key: SecretStr = SecretStr("")
    paystack_api_url: str = ""
    flutterwave_secret_key: SecretStr = SecretStr("")
    flutterwave_public_key: str = ""
    flutterwave_webhook_secret: SecretStr = SecretStr("")
    flutterwave_api_url: str = ""
    stripe_secret_key: SecretStr = SecretStr("")
    stripe_publishable_key: str = ""
    stripe_webhook_secret: SecretStr = SecretStr("")
    stripe_api_url: str = ""
    paypal_client_id: SecretStr = SecretStr("")
    paypal_client_secret: SecretStr = SecretStr("")
    paypal_webhook_id: str = ""
    paypal_api_url: str = ""
    pesapal_consumer_key: SecretStr = SecretStr("")
    pesapal_consumer_secret: SecretStr = SecretStr("")
    pesapal_ipn_id: str = ""
    pesapal_api_url: str = ""
    mpesa_consumer_key: SecretStr = SecretStr("")
    mpesa_consumer_secret: SecretStr = SecretStr("")
    mpesa_shortcode: str = ""
    mpesa_passkey: SecretStr = SecretStr("")
    mpesa_till: str = ""
    mpesa_b2c_shortcode: str = ""
    mpesa_initiator_name: str = ""
    mpesa_initiator_password: SecretStr = SecretStr("")
    mpesa_certificate: Annotated[str, Field(repr=False)] = ""
    mpesa_api_url: str = ""

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_addresses(cls, value: object) -> object:
        return _split(value)

    @field_validator("operator_ids", mode="before")
    @classmethod
    def _split_ids(cls, value: object) -> object:
        return _split(value)

    @field_validator("trusted_proxies")
    @classmethod
    def _are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            ipaddress.ip_network(each, strict=False)
        return value

    @field_validator("hazina_role")
    @classmethod
    def _is_role(cls, value: str) -> str:
        parts_of(value)
        return value

    @field_validator("log_level")
    @classmethod
    def _is_level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
            message = "must be DEBUG, INFO, WARNING, ERROR or CRITICAL"
            raise ValueError(message)
        return value.upper()

    @field_validator(
        "telegram_api_url",
        "public_url",
        "hazina_sandbox_url",
        "sandbox_api_url",
        "paystack_api_url",
        "flutterwave_api_url",
        "stripe_api_url",
        "paypal_api_url",
        "pesapal_api_url",
        "mpesa_api_url",
    )
    @classmethod
    def _is_safe_url(cls, value: str) -> str:
        value = value.rstrip("/")
        parts = urlsplit(value)
        is_loopback = parts.scheme == "http" and _is_loopback(parts.hostname or "")
        if value and not (is_loopback or (parts.scheme == "https" and parts.hostname)):
            message = "must be https (plain http is accepted on loopback only)"
            raise ValueError(message)
        return value

    @field_validator("mpesa_certificate")
    @classmethod
    def _is_certificate(cls, value: str) -> str:
        """Take the certificate itself, perhaps with its line ends written out, or its file."""
        written = value.replace("\\n", "\n").strip()
        if not written or written.startswith(_PEM):
            return written
        try:
            held = Path(written).read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            held = ""
        if not held.startswith(_PEM):
            message = "must be a certificate (PEM), or a file that holds one"
            raise ValueError(message)
        return held

    @field_validator("telegram_bot_token")
    @classmethod
    def _is_token(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not _TOKEN.fullmatch(value.get_secret_value()):
            message = "must look like 123456789:AA…, as BotFather gives it"
            raise ValueError(message)
        return value

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _is_header(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not _WEBHOOK_SECRET.fullmatch(value.get_secret_value()):
            message = "must be 1 to 256 characters of A-Z, a-z, 0-9, _ and -"
            raise ValueError(message)
        return value

    @field_validator("hazina_secret_key")
    @classmethod
    def _are_keys(cls, value: SecretStr) -> SecretStr:
        if any(len(key) < MIN_SECRET for key in _keys(value)):
            message = f"each key of the ring needs at least {MIN_SECRET} characters"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        is_known = any(
            self.database_url.startswith(start) and self.database_url != start
            for start in (*_SQLITE, *_POSTGRES)
        )
        if self.database_url and not is_known:
            message = (
                "DATABASE_URL: must be sqlite+aiosqlite:///<file>"
                " or postgresql+psycopg://<user>@<host>/<database>"
            )
            raise ValueError(message)
        if self.database_direct_url and not self.database_direct_url.startswith(_POSTGRES):
            message = "DATABASE_DIRECT_URL: must be postgresql://<user>@<host>/<database>"
            raise ValueError(message)
        if self.database_server and not self.has_token:
            message = "DATABASE_URL: the sandbox keeps its books in a SQLite file"
            raise ValueError(message)
        if self.parts != EVERY_PART and not self.is_shared:
            message = "HAZINA_ROLE: SQLite runs one process with the role all"
            raise ValueError(message)
        if self.telegram_mode is TelegramMode.WEBHOOK and self.has_token:
            self._check_webhook()
        if self.has_token and not self.is_sandbox and not self.secret_keys:
            message = "HAZINA_SECRET_KEY: live mode needs a key of at least 32 characters"
            raise ValueError(message)
        return self

    def _check_webhook(self) -> None:
        if not self.telegram_webhook_secret.get_secret_value():
            message = "TELEGRAM_WEBHOOK_SECRET: webhook mode needs a secret"
            raise ValueError(message)
        if not self.public_url:
            message = "PUBLIC_URL: webhook mode needs the public address of this service"
            raise ValueError(message)

    @property
    def has_token(self) -> bool:
        """Tell whether a bot token is set; without one the sandbox starts."""
        return bool(self.telegram_bot_token.get_secret_value())

    @property
    def is_sandbox(self) -> bool:
        """Tell whether this process serves the sandbox."""
        return bool(self.hazina_sandbox_url) or not self.has_token

    @property
    def mode(self) -> str:
        """Return what the database must be stamped with."""
        return "sandbox" if self.is_sandbox else "live"

    @property
    def is_shared(self) -> bool:
        """Tell whether several processes may work on this database."""
        return self.database_url.startswith(_POSTGRES)

    @property
    def parts(self) -> frozenset[Part]:
        """Return what this process does."""
        return parts_of(self.hazina_role)

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """Return the key ring, newest first."""
        return _keys(self.hazina_secret_key)

    @property
    def database_server(self) -> str:
        """Return the address of the PostgreSQL database as libpq takes it, "" for a file."""
        return _libpq(self.database_url)

    @property
    def database_passwords(self) -> tuple[str, ...]:
        """Return the passwords within the addresses of the database, as written there."""
        addresses = (urlsplit(self.database_url), urlsplit(self.database_direct_url))
        return tuple(each.password for each in addresses if each.password)

    @property
    def database_direct(self) -> str:
        """Return the address that leads to the server itself, past any pooler; "" for a file."""
        return _libpq(self.database_direct_url) or self.database_server

    @property
    def database_path(self) -> Path:
        """Return the SQLite file."""
        for prefix in _SQLITE:
            if self.database_url.startswith(prefix):
                return Path(self.database_url.removeprefix(prefix))
        return Path("data/sandbox.db" if self.is_sandbox else "data/hazina.db")


def load() -> Settings:
    """Read the settings.

    Raises:
        BadSetting: one is missing or malformed; one line names it.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        reason = str(first["msg"]).removeprefix("Value error, ")
        where = ".".join(str(part) for part in first["loc"]).upper()
        raise BadSetting(f"{where}: {reason}" if where else reason) from None


def _libpq(url: str) -> str:
    """Return a PostgreSQL address as libpq takes it, "" for any other."""
    for prefix in _POSTGRES:
        if url.startswith(prefix):
            return f"postgresql://{url.removeprefix(prefix)}"
    return ""


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _keys(ring: SecretStr) -> tuple[str, ...]:
    return tuple(key.strip() for key in ring.get_secret_value().split(",") if key.strip())


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
