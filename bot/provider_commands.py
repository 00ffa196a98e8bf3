"""Payment providers of an organisation, from the shell: `python main.py provider …`.

Credentials are never arguments, which others on the machine can read: they come from standard
input, one `name=value` a line (asked for one by one, unseen, on a terminal), or from the
environment under the names of the settings.
"""

import getpass
import os
import sys
from collections.abc import Mapping
from typing import Annotated, Any, Final, NamedTuple

import typer

from bot.answers import AsJson, fail, say
from bot.settings import load
from bot.shell import look, with_database, write
from core.domain.configurations import Configuration, Health, Keys, ProviderKind
from core.domain.errors import CoreError, InvalidInput, OtherMode
from storage.database import Database
from storage.transaction import SqlTransaction

provider_app: Final = typer.Typer(
    no_args_is_help=True, help="An organisation's own payment providers."
)

Tenant = Annotated[str, typer.Option(help="Its id or its name.")]
Provider = Annotated[str, typer.Option(help="Such as paystack.")]


class _Checked(NamedTuple):
    """Keys and whose they are, once their provider was asked."""

    configuration: Configuration
    keys: Keys


@provider_app.command("list")
def list_providers(*, tenant: Tenant, as_json: AsJson = False) -> None:
    """List what is set up, in the order payers see."""
    from core.use_cases import configurations

    def found(tx: SqlTransaction) -> list[dict[str, Any]]:
        owner = tx.tenants.find(tenant).id
        own = configurations.set_up(tx, actor=None, tenant_id=owner)
        return [_shown(each.configuration, each.keys) for each in own]

    providers = look(found)
    if as_json:
        say({"providers": providers}, as_json=True)
        return
    for each in providers:
        typer.echo(" ".join(f"{name}={value}" for name, value in each.items()))


@provider_app.command("set")
def set_provider(
    *,
    tenant: Tenant,
    provider: Provider,
    from_environment: Annotated[
        bool, typer.Option("--from-environment", help="Take PAYSTACK_SECRET_KEY and the like.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Enter credentials, have the provider asked, and offer it if it takes them."""
    kind = _kind(provider)
    given = _from_environment(kind) if from_environment else _from_input(kind)

    async def enter(database: Database) -> _Checked:
        from core.use_cases import configurations

        keys = await database.run(lambda tx: _enter(tx, tenant, kind, given))
        checked = await _check(database, keys)
        if checked.keys.health is not Health.WORKING:
            await database.run(lambda tx: _drop(tx, checked))
            return checked

        def use(tx: SqlTransaction) -> Configuration:
            from bot.engine.notices import expand

            used = configurations.use_keys(tx, actor=None, keys_id=keys.id)
            expand(tx)
            return used

        return checked._replace(configuration=await database.run(use))

    _told(with_database(enter), as_json=as_json)


@provider_app.command("check")
def check_provider(*, tenant: Tenant, provider: Provider, as_json: AsJson = False) -> None:
    """Have a provider asked whether the keys in use work; exit 0 or 1."""

    async def check(database: Database) -> _Checked:
        configuration = await database.read(lambda tx: _own(tx, tenant, provider))
        keys = await database.read(lambda tx: tx.configurations.keys(configuration.keys_id))
        return await _check(database, keys)

    _told(with_database(check), as_json=as_json)


@provider_app.command("enable")
def enable_provider(*, tenant: Tenant, provider: Provider, as_json: AsJson = False) -> None:
    """Offer a provider to payers."""
    _switch(tenant, provider, is_on=True, as_json=as_json)


@provider_app.command("disable")
def disable_provider(*, tenant: Tenant, provider: Provider, as_json: AsJson = False) -> None:
    """Offer a provider to nobody; payments under way are followed to their end."""
    _switch(tenant, provider, is_on=False, as_json=as_json)


@provider_app.command("order")
def order_providers(
    *,
    tenant: Tenant,
    providers: Annotated[list[str], typer.Argument(help="Names, the first one first.")],
    as_json: AsJson = False,
) -> None:
    """Say in which order payers are offered providers; the others follow."""
    from core.use_cases import configurations

    def order(tx: SqlTransaction) -> list[str]:
        for place, name in enumerate(providers):
            own = _own(tx, tenant, name)
            configurations.move(tx, actor=None, configuration_id=own.id, to=place)
        owned = tx.configurations.owned(tx.tenants.find(tenant).id)
        return [each.provider for each in owned]

    say({"providers": write(order)}, as_json=as_json)


@provider_app.command("remove")
def remove_provider(*, tenant: Tenant, provider: Provider, as_json: AsJson = False) -> None:
    """Delete a provider's keys; refused while a payment needs them."""
    from core.use_cases import configurations

    def remove(tx: SqlTransaction) -> None:
        own = _own(tx, tenant, provider)
        configurations.remove(tx, actor=None, configuration_id=own.id)

    write(remove)
    say({"provider": provider, "keys": "deleted"}, as_json=as_json)


def _switch(tenant: str, provider: str, *, is_on: bool, as_json: bool) -> None:
    from core.use_cases import configurations

    def switch(tx: SqlTransaction) -> dict[str, Any]:
        own = _own(tx, tenant, provider)
        now = configurations.switch(tx, actor=None, configuration_id=own.id, is_on=is_on)
        return _shown(now, tx.configurations.keys(now.keys_id))

    say(write(switch), as_json=as_json)


def _kind(name: str) -> ProviderKind:
    from bot.providers import KINDS

    kind = KINDS.get(name)
    if kind is None:
        fail(f"provider: {name} is none; there are {', '.join(sorted(KINDS))}", code=2)
    return kind


def _from_environment(kind: ProviderKind) -> dict[str, str]:
    names = {what: f"{kind.name}_{what}".upper() for what in kind.credentials}
    return {what: os.environ[name] for what, name in names.items() if name in os.environ}


def _from_input(kind: ProviderKind) -> dict[str, str]:
    if sys.stdin.isatty():
        typed = {what: getpass.getpass(f"{kind.title} {what}: ") for what in kind.credentials}
        return {what: text.strip() for what, text in typed.items() if text.strip()}
    lines = [line.strip().partition("=") for line in sys.stdin if line.strip()]
    found = {name.strip().lower(): value.strip() for name, _, value in lines}
    if foreign := sorted(found.keys() - kind.credentials.keys()):
        asked = ", ".join(kind.credentials)
        # Not what was read: a line without a name may be a key.
        fail(f"{kind.name}: {len(foreign)} lines are none of {asked}; write name=value", code=2)
    return found


def _enter(tx: SqlTransaction, tenant: str, kind: ProviderKind, given: Mapping[str, str]) -> Keys:
    from core.use_cases import configurations

    owner = tx.tenants.find(tenant).id
    try:
        return configurations.enter_keys(
            tx, actor=None, tenant_id=owner, kind=kind, credentials=given
        )
    except InvalidInput as problem:
        raise Misshapen(provider=kind.name, what=problem.data["what"]) from None
    except OtherMode:
        is_test = tx.configurations.is_test()
        raise Misshapen(provider=kind.name, needs="test keys" if is_test else "live keys") from None


class Misshapen(CoreError):
    """What was entered cannot be a provider's credentials here (`what`, or what it `needs`)."""


async def _check(database: Database, keys: Keys) -> _Checked:
    """Have the provider asked by this process, and note what it says."""
    from bot.engine.checks import ask, entered_keys
    from bot.http import open_client
    from bot.ports import SystemClock
    from bot.providers.kit import Kit
    from bot.registry import Registry, addresses_of
    from bot.tokens import SharedTokens
    from core.use_cases import configurations

    settings = load()
    entered = await database.read(lambda tx: entered_keys(tx, keys.id))
    if entered is None:
        fail("provider: its keys are gone")
    clock = SystemClock(offset_s=settings.sandbox_clock_offset_s)
    async with open_client() as client:
        kit = Kit(
            client=client,
            tokens=SharedTokens(database, monotonic=clock.monotonic),
            now=clock.now,
            is_test=settings.is_sandbox,
            bot_token=settings.telegram_bot_token.get_secret_value(),
        )
        answer = await ask(Registry(kit, {}, addresses_of(settings), database), entered)

    def record(tx: SqlTransaction) -> _Checked:
        heard = configurations.record_check(tx, keys_id=keys.id, answer=answer)
        return _Checked(tx.configurations.get(heard.configuration_id), heard)

    return await database.run(record)


def _drop(tx: SqlTransaction, checked: _Checked) -> None:
    """Delete keys that were refused; those in use stay."""
    configuration = tx.configurations.get(checked.configuration.id)
    tx.configurations.drop_keys(configuration.id, but=configuration.keys_id)


def _own(tx: SqlTransaction, tenant: str, provider: str) -> Configuration:
    from core.use_cases import configurations

    owner = tx.tenants.find(tenant).id
    own = configurations.set_up(tx, actor=None, tenant_id=owner)
    found = [each.configuration for each in own if each.configuration.provider == provider]
    if not found:
        fail(f"provider: {provider} is not set up there")
    return found[0]


def _told(checked: _Checked, *, as_json: bool) -> None:
    """Say what came of a check; exit 1 where the keys do not work."""
    say(_shown(*checked), as_json=as_json)
    if checked.keys.health is not Health.WORKING:
        raise typer.Exit(1)


def _shown(configuration: Configuration, keys: Keys) -> dict[str, Any]:
    """Return what may be shown of a provider: never its keys."""
    return {
        "provider": configuration.provider,
        "mode": "test" if configuration.is_test else "live",
        "enabled": configuration.is_enabled,
        "health": keys.health.value,
        "account": keys.account,
        "detail": keys.detail,
        "checked_at": "" if keys.checked_at is None else keys.checked_at.isoformat(),
    }
