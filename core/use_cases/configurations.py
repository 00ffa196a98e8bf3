"""A tenant's own payment providers: keys come in, are tried out, taken into use, and go again.

`actor` None is the operator at the shell: whoever has that has the process's settings, too.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.domain.acts import Event, EventName
from core.domain.configurations import (
    NO_KEYS,
    Configuration,
    ConfigurationId,
    Keys,
    KeysId,
    ProviderKind,
)
from core.domain.errors import InvalidInput, NotFound, OtherMode, PaymentsUnderWay
from core.domain.ledger import Subject
from core.domain.people import Actor, PersonId, Scope
from core.domain.providers import Accepted, Declined, Unknown
from core.domain.tenants import TenantId
from core.domain.work import Kind
from core.ports import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """A tenant's own provider, and what is known of the keys in use."""

    configuration: Configuration
    keys: Keys


def set_up(tx: Transaction, *, actor: Actor | None, tenant_id: TenantId) -> tuple[SetUp, ...]:
    """Return a tenant's own providers in the order in which payers are offered them.

    Raises:
        NotAllowed: the actor lacks `settings:providers` there.
    """
    _check(actor, tenant_id)
    owned = tx.configurations.owned(tenant_id)
    return tuple(
        SetUp(configuration=each, keys=tx.configurations.keys(each.keys_id)) for each in owned
    )


def one_set_up(tx: Transaction, *, actor: Actor | None, configuration_id: ConfigurationId) -> SetUp:
    """Return one of a tenant's own providers.

    Raises:
        NotFound: it is another tenant's, or has no keys any more.
        NotAllowed: the actor lacks `settings:providers`.
    """
    found = _own(tx, actor, configuration_id)
    return SetUp(configuration=found, keys=tx.configurations.keys(found.keys_id))


def check_mode(tx: Transaction, *, kind: ProviderKind, credentials: Mapping[str, str]) -> None:
    """Let credentials pass whose mode is that of these books, or cannot be told yet.

    Raises:
        OtherMode: they are for pretend money where ours is real, or the other way round.
    """
    theirs = kind.is_test({**kind.defaults, **credentials})
    if theirs is not None and theirs is not tx.configurations.is_test():
        raise OtherMode(is_test=theirs)


def enter_keys(
    tx: Transaction,
    *,
    actor: Actor | None,
    tenant_id: TenantId,
    kind: ProviderKind,
    credentials: Mapping[str, str],
) -> Keys:
    """Store a whole set of credentials, to be tried out; what is in use stays in use.

    Raises:
        NotAllowed: the actor lacks `settings:providers`.
        InvalidInput: a credential is missing or has not its shape (`what`).
        OtherMode: they are for the other mode than these books.
    """
    _check(actor, tenant_id)
    if what := kind.misshapen(credentials):
        raise InvalidInput(what=what, example="")
    check_mode(tx, kind=kind, credentials=credentials)
    known = tx.configurations.of(tenant_id, kind.name)
    if known is None:
        known = Configuration(
            id=ConfigurationId(tx.new_id()),
            tenant_id=tenant_id,
            provider=kind.name,
            is_test=tx.configurations.is_test(),
            is_enabled=False,
            place=_last_place(tx, tenant_id),
        )
        tx.configurations.add(known)
    keys = Keys(id=KeysId(tx.new_id()), configuration_id=known.id, made_at=tx.now)
    given = {name: credentials[name] for name in kind.credentials if name in credentials}
    tx.configurations.drop_keys(known.id, but=known.keys_id)
    tx.configurations.add_keys(keys, {**kind.defaults, **given})
    return keys


def ask_check(tx: Transaction, *, keys: Keys, asked_by: PersonId) -> None:
    """Have the provider asked whether keys work; whoever asked is told."""
    payload = json.dumps({"keys": keys.id, "person": asked_by}).encode()
    tx.work.add(Kind.CHECK, lane=f"k:{keys.configuration_id}", payload=payload)


def check_again(
    tx: Transaction, *, actor: Actor, configuration_id: ConfigurationId
) -> Configuration:
    """Have a provider asked whether the keys in use still work.

    Raises:
        NotFound, NotAllowed: as `one_set_up`.
    """
    found = one_set_up(tx, actor=actor, configuration_id=configuration_id)
    ask_check(tx, keys=found.keys, asked_by=actor.person_id)
    return found.configuration


def record_check(
    tx: Transaction,
    *,
    keys_id: KeysId,
    answer: Accepted | Declined | Unknown,
    asked_by: PersonId | None = None,
) -> Keys:
    """Note what a provider said of keys; whoever asked in chat is told.

    Raises:
        NotFound: the keys are gone meanwhile.
    """
    known = tx.configurations.keys(keys_id)
    heard = known.hear(answer, is_test=tx.configurations.is_test(), at=tx.now)
    tx.configurations.note_keys(heard)
    configuration = tx.configurations.get(heard.configuration_id)
    if asked_by is not None:
        tx.events.append(
            Event(
                name=EventName.PROVIDER_CHECKED,
                tenant_id=configuration.tenant_id,
                subject=_subject(configuration),
                person_id=asked_by,
                other_id=heard.id,
            )
        )
    return heard


def use_keys(tx: Transaction, *, actor: Actor | None, keys_id: KeysId) -> Configuration:
    """Take keys that work into use and offer their provider; earlier keys are deleted.

    Raises:
        NotFound: they are gone, or another tenant's.
        NotAllowed: the actor lacks `settings:providers`.
        KeysNotWorking: the provider never said that they work here.
    """
    keys = tx.configurations.keys(keys_id)
    before = _visible(tx, actor, keys.configuration_id)
    after = before.use(keys)
    if before.keys_id == NO_KEYS:
        after = replace(after, place=_last_place(tx, before.tenant_id))
    stored = _store(tx, before, after)
    tx.configurations.drop_keys(stored.id, but=stored.keys_id)
    return stored


def switch(
    tx: Transaction, *, actor: Actor | None, configuration_id: ConfigurationId, is_on: bool
) -> Configuration:
    """Offer a provider to payers, or no more; payments under way are followed in any case.

    Raises:
        NotFound, NotAllowed: as `one_set_up`.
    """
    before = _own(tx, actor, configuration_id)
    if before.is_enabled is is_on:
        return before
    return _store(tx, before, replace(before, is_enabled=is_on))


def move(
    tx: Transaction, *, actor: Actor | None, configuration_id: ConfigurationId, to: int
) -> tuple[Configuration, ...]:
    """Put a provider to a place among the tenant's own (0 is first); return them in order.

    Raises:
        NotFound, NotAllowed: as `one_set_up`.
    """
    moved = _own(tx, actor, configuration_id)
    others = [c for c in tx.configurations.owned(moved.tenant_id) if c.id != moved.id]
    at = max(0, min(to, len(others)))
    wanted = [*others[:at], moved, *others[at:]]
    return tuple(
        each if each.place == place else tx.configurations.replace(each, replace(each, place=place))
        for place, each in enumerate(wanted)
    )


def remove(
    tx: Transaction, *, actor: Actor | None, configuration_id: ConfigurationId
) -> Configuration:
    """Delete a provider's keys; what it has moved stays in the books.

    Raises:
        NotFound, NotAllowed: as `one_set_up`.
        PaymentsUnderWay: it may still bring money, which only these keys can ask for.
    """
    before = _own(tx, actor, configuration_id)
    if count := tx.configurations.under_way(before.id):
        raise PaymentsUnderWay(count=count)
    stored = _store(tx, before, before.forget())
    tx.configurations.drop_keys(stored.id, but=NO_KEYS)
    return stored


def _store(tx: Transaction, before: Configuration, after: Configuration) -> Configuration:
    stored = tx.configurations.replace(before, after)
    tx.events.append(
        Event(
            name=EventName.SETTINGS_CHANGED,
            tenant_id=stored.tenant_id,
            subject=_subject(stored),
            other_id=tx.cause.person_id,
        )
    )
    return stored


def _subject(configuration: Configuration) -> Subject:
    return Subject(kind="configuration", id=configuration.id)


def _last_place(tx: Transaction, tenant_id: TenantId) -> int:
    return max((each.place + 1 for each in tx.configurations.owned(tenant_id)), default=0)


def _own(tx: Transaction, actor: Actor | None, configuration_id: ConfigurationId) -> Configuration:
    found = _visible(tx, actor, configuration_id)
    if found.keys_id == NO_KEYS:
        raise NotFound(kind="provider")
    return found


def _visible(
    tx: Transaction, actor: Actor | None, configuration_id: ConfigurationId
) -> Configuration:
    """Return a configuration that the actor may change; another tenant's is not there."""
    found = tx.configurations.get(configuration_id)
    if actor is not None:
        if found.tenant_id != actor.tenant_id:
            raise NotFound(kind="provider")
        _check(actor, found.tenant_id)
    return found


def _check(actor: Actor | None, tenant_id: TenantId) -> None:
    if actor is not None:
        actor.check(Scope.SETTINGS_PROVIDERS, tenant_id)
