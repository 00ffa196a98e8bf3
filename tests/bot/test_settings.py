"""Every bad setting stops the start with one line that names it; secrets never show."""

from pathlib import Path

import pytest

from bot.roles import Part
from bot.settings import BadSetting, Settings, TelegramMode, load

TOKEN = "123456789:" + "AAtest-token_of-a-bot-that-is-not-0"
KEY = "k" * 32

NAMES = tuple(name.upper() for name in Settings.model_fields)


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def loaded(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return load()


def refused(monkeypatch: pytest.MonkeyPatch, **values: str) -> str:
    with pytest.raises(BadSetting) as caught:
        loaded(monkeypatch, **values)
    return str(caught.value)


BAD = {
    "HTTP_PORT": ("70000", "http", "8080x"),
    "DATABASE_URL": (
        "postgresql://",
        "postgresql+psycopg://me@host/db",
        "mysql://me@host/db",
        "data/hazina.db",
        "sqlite:///",
    ),
    "DATABASE_DIRECT_URL": ("sqlite:///data/hazina.db", "db.internal"),
    "PUBLIC_URL": ("http://hazina.example", "hazina.example", "https://", "ftp://127.0.0.1"),
    "TELEGRAM_API_URL": ("http://api.example", "http://[::1", "javascript:alert(1)"),
    "TELEGRAM_BOT_TOKEN": ("not a token", "123:short", "123456789:AA/../x?y#zzzzzzzzzzzzzz"),
    "TELEGRAM_MODE": ("push",),
    "TELEGRAM_WEBHOOK_SECRET": ("with spaces", "é", "x" * 257),
    "TRUSTED_PROXIES": ("10.0.0.1,proxy.example",),
    "OPERATOR_IDS": ("12,anna",),
    "HAZINA_ROLE": ("web", "worker,sender", "painter", "all,web"),
    "HAZINA_SECRET_KEY": ("short", f"{KEY},short"),
    "LOG_FORMAT": ("xml",),
    "LOG_LEVEL": ("LOUD",),
    "HAZINA_SANDBOX_URL": ("http://sandbox.example",),
    "SANDBOX_API_URL": ("http://provider.example",),
    "PAYSTACK_API_URL": ("http://paystack.example", "ftp://127.0.0.1/"),
    "FLUTTERWAVE_API_URL": ("http://flutterwave.example",),
    "STRIPE_API_URL": ("http://stripe.example",),
    "PAYPAL_API_URL": ("http://paypal.example",),
    "PESAPAL_API_URL": ("http://pesapal.example",),
    "MPESA_API_URL": ("http://daraja.example",),
    "MPESA_CERTIFICATE": ("no certificate", "/nowhere/at/all.cer"),
    "SANDBOX_CLOCK_OFFSET_S": ("tomorrow",),
}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, many in BAD.items() for v in many])
def test_a_bad_setting_is_one_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    line = refused(monkeypatch, **{name: value})
    assert "\n" not in line
    assert line.startswith(name)


@pytest.mark.parametrize("name", ["TELEGRAM_BOT_TOKEN", "HAZINA_SECRET_KEY"])
def test_a_bad_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert "hunter2" not in refused(monkeypatch, **{name: "hunter2"})


def test_the_sandbox_refuses_a_server_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    line = refused(monkeypatch, DATABASE_URL="postgresql://me:secret@host/db")
    assert "the sandbox keeps its books in a SQLite file" in line
    assert "secret" not in line


def test_live_mode_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(monkeypatch, TELEGRAM_BOT_TOKEN=TOKEN).startswith("HAZINA_SECRET_KEY")


@pytest.mark.parametrize(
    ("missing", "given"),
    [
        ("TELEGRAM_WEBHOOK_SECRET", {"PUBLIC_URL": "https://hazina.example"}),
        ("PUBLIC_URL", {"TELEGRAM_WEBHOOK_SECRET": "s3cret"}),
    ],
)
def test_webhook_mode_needs_its_secret_and_its_address(
    monkeypatch: pytest.MonkeyPatch, missing: str, given: dict[str, str]
) -> None:
    line = refused(
        monkeypatch,
        TELEGRAM_BOT_TOKEN=TOKEN,
        HAZINA_SECRET_KEY=KEY,
        TELEGRAM_MODE="webhook",
        **given,
    )
    assert line.startswith(missing)


def test_nothing_set_is_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = loaded(monkeypatch)
    assert (settings.is_sandbox, settings.mode) == (True, "sandbox")
    assert settings.database_path == Path("data/sandbox.db")
    assert (settings.http_host, settings.http_port) == ("127.0.0.1", 8080)
    assert settings.telegram_mode is TelegramMode.POLLING


def test_a_token_and_a_key_are_live(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = loaded(monkeypatch, TELEGRAM_BOT_TOKEN=TOKEN, HAZINA_SECRET_KEY=f"{KEY}, {'o' * 40}")
    assert (settings.mode, settings.database_path) == ("live", Path("data/hazina.db"))
    assert settings.secret_keys == (KEY, "o" * 40)


def test_a_sandbox_child_has_a_token_and_is_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = loaded(
        monkeypatch, TELEGRAM_BOT_TOKEN=TOKEN, HAZINA_SANDBOX_URL="http://127.0.0.1:8080/sandbox"
    )
    assert settings.mode == "sandbox"


def test_an_empty_line_in_the_file_is_a_setting_that_is_not_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("HTTP_PORT=\nLOG_FORMAT=\nOPERATOR_IDS=\nTELEGRAM_API_URL=\n")
    settings = loaded(monkeypatch)
    assert (settings.http_port, settings.operator_ids) == (8080, ())
    assert settings.telegram_api_url == "https://api.telegram.org"


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = loaded(monkeypatch, OPERATOR_IDS="1, 2,", TRUSTED_PROXIES="10.0.0.0/8, ::1")
    assert settings.operator_ids == (1, 2)
    assert settings.trusted_proxies == ("10.0.0.0/8", "::1")


def test_a_loopback_address_may_be_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = loaded(monkeypatch, PUBLIC_URL="http://127.0.0.1:8080/")
    assert settings.public_url == "http://127.0.0.1:8080"


def test_a_certificate_is_written_out_or_held_by_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"
    held = tmp_path / "safaricom.cer"
    held.write_text(f"{pem}\n", encoding="ascii")
    for written in (pem, pem.replace("\n", "\\n"), str(held)):
        assert loaded(monkeypatch, MPESA_CERTIFICATE=written).mpesa_certificate == pem


def test_secrets_stay_out_of_the_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = loaded(
        monkeypatch,
        TELEGRAM_BOT_TOKEN=TOKEN,
        HAZINA_SECRET_KEY=KEY,
        TELEGRAM_WEBHOOK_SECRET="webhook-secret",
        SANDBOX_SECRET_KEY="provider-secret",
    )
    shown = f"{settings!r} {settings}"
    assert not [s for s in (TOKEN, KEY, "webhook-secret", "provider-secret") if s in shown]


def test_settings_do_not_change(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = loaded(monkeypatch)
    with pytest.raises(ValueError, match="frozen"):
        settings.http_port = 1


@pytest.mark.parametrize("prefix", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_way_to_name_a_server_is_mapped(monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
    settings = loaded(
        monkeypatch,
        DATABASE_URL=f"{prefix}://me:pw@host:5433/books?sslmode=require",
        TELEGRAM_BOT_TOKEN=TOKEN,
        HAZINA_SECRET_KEY=KEY,
        HAZINA_ROLE="web,worker",
    )
    assert settings.database_server == "postgresql://me:pw@host:5433/books?sslmode=require"


def test_parts_are_for_several_processes_on_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = loaded(
        monkeypatch,
        TELEGRAM_BOT_TOKEN=TOKEN,
        HAZINA_SECRET_KEY=KEY,
        HAZINA_ROLE="worker,sender",
        DATABASE_URL="postgresql+psycopg://me@pool:6432/hazina",
        DATABASE_DIRECT_URL="postgresql://me@db/hazina",
    )
    assert settings.is_shared
    assert settings.parts == {Part.WORKER, Part.SENDER}
    assert settings.database_direct == "postgresql://me@db/hazina"


def test_the_database_itself_is_the_direct_way(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = loaded(
        monkeypatch,
        TELEGRAM_BOT_TOKEN=TOKEN,
        HAZINA_SECRET_KEY=KEY,
        DATABASE_URL="postgresql+psycopg://me@db/hazina",
    )
    assert settings.database_direct == "postgresql://me@db/hazina"


def test_the_password_of_a_database_shows_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = loaded(
        monkeypatch,
        DATABASE_URL="postgresql://me:hunter2-and-more@host/books",
        TELEGRAM_BOT_TOKEN=TOKEN,
        HAZINA_SECRET_KEY=KEY,
    )
    assert "hunter2" not in repr(settings)
    assert settings.database_passwords == ("hunter2-and-more",)
