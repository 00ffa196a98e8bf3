"""A tenant's own payment providers, in the private chat of whoever keeps their keys.

Credentials are asked for one after another. What was typed so far lies in the dialogue, encrypted,
until the last one is there; every message is deleted from the chat, also one that is refused. Then
the provider is asked, and only keys that it takes can be taken into use.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from core.domain.configurations import ConfigurationId, KeysId, ProviderKind
from core.domain.errors import NotFound, OtherMode, StaleCard
from core.domain.people import Actor, Scope
from core.domain.tenants import PLATFORM, Tenant
from core.ports import Transaction
from core.use_cases import configurations as use_cases
from handlers import keys, parsing
from handlers.cards import reader_of
from handlers.chat import Did, Reply, Show, Step
from handlers.screens import providers as screens
from handlers.screens.credentials import needs_address
from handlers.visit import IntentRoute, Routes, Visit, number, offer
from handlers.words import Html

TYPED: Final = "providers.key"
ONLY: Final = "only"
"""Under which a dialogue keeps that it asks for one credential alone."""


def routes(kinds: Mapping[str, ProviderKind]) -> Routes:
    """Return the doors; `kinds` are the providers that exist, by name."""
    adding = _Adding(kinds)
    return Routes(
        name="providers",
        commands={"providers": show},
        presses={
            "list": listing,
            "choose": adding.choose,
            "add": adding.begin,
            "back": adding.back,
            "skip": adding.skip,
            "card": card,
            "remove": confirm_removal,
        },
        intents={
            "provider.use": IntentRoute(flow=use, needs_pin=True),
            "provider.try": IntentRoute(flow=try_again),
            "provider.mend": IntentRoute(flow=adding.mend),
            "provider.check": IntentRoute(flow=check),
            "provider.switch": IntentRoute(flow=switch, needs_pin=True),
            "provider.move": IntentRoute(flow=move),
            "provider.remove": IntentRoute(flow=remove, needs_pin=True),
        },
        steps={TYPED: adding.typed},
        secret_steps=frozenset({TYPED}),
    )


class _Adding:
    """Entering the keys of one of the providers that exist."""

    def __init__(self, kinds: Mapping[str, ProviderKind]) -> None:
        self._kinds = kinds

    def choose(self, tx: Transaction, visit: Visit) -> Reply:
        """Offer the providers; the pretended one only where money is pretended."""
        _keeper(visit)
        is_test = tx.configurations.is_test()
        offered = [each for each in self._kinds.values() if is_test or not each.is_pretend]
        return Reply(screen=screens.choose(visit.words, offered), ends_dialogue=True)

    def begin(self, tx: Transaction, visit: Visit) -> Reply:
        """Ask for the first credential."""
        kind = self._kinds.get(visit.argument)
        if kind is None or (kind.is_pretend and not tx.configurations.is_test()):
            raise StaleCard
        tenant, _ = _keeper(visit)
        return _asked(visit, kind, {"provider": kind.name, "tenant": tenant.id, "given": {}}, at=0)

    def mend(self, tx: Transaction, visit: Visit) -> Reply:
        """Ask for the one credential that was refused; the others stay as they were entered.

        Raises:
            NotFound: the keys are gone, or another tenant's.
        """
        tenant, _ = _keeper(visit)
        entered = tx.configurations.keys(KeysId(_kept(visit, "keys")))
        configuration = tx.configurations.get(entered.configuration_id)
        kind = self._kinds.get(configuration.provider)
        if configuration.tenant_id != tenant.id or kind is None:
            raise NotFound(kind="provider")
        what = "" if visit.intent is None else str(visit.intent.arguments["what"])
        given = dict(tx.configurations.credentials(entered))
        given.pop(what, None)
        data = {"provider": kind.name, "tenant": tenant.id, "given": given, ONLY: True}
        return _asked(visit, kind, data, at=list(kind.credentials).index(what))

    def typed(self, tx: Transaction, visit: Visit) -> Reply:
        """Take a credential; whatever was sent is deleted from the chat."""
        kind, at = self._open(visit)
        what = list(kind.credentials)[at]
        text = visit.incoming.text.strip() if visit.incoming.did is Did.TEXT else ""
        if not kind.credentials[what].fullmatch(text):
            note = screens.misshapen(visit.words, _question(kind, at))
            return replace(_asked(visit, kind, visit.data, at=at, note=note), deletes=True)
        try:
            use_cases.check_mode(tx, kind=kind, credentials={**_given(visit), what: text})
        except OtherMode as refusal:
            note = Html(screens.other_mode(visit.words, refusal).html)
            return replace(_asked(visit, kind, visit.data, at=at, note=note), deletes=True)
        return replace(self._next(tx, visit, kind, at, {**_given(visit), what: text}), deletes=True)

    def skip(self, tx: Transaction, visit: Visit) -> Reply:
        """Leave a credential out that has a default."""
        kind, at = self._open(visit)
        what = list(kind.credentials)[at]
        if what not in kind.defaults:
            raise StaleCard
        given = {name: value for name, value in _given(visit).items() if name != what}
        return self._next(tx, visit, kind, at, given)

    def back(self, tx: Transaction, visit: Visit) -> Reply:
        """Ask for the credential before this one again; before the first is the choice."""
        kind, at = self._open(visit)
        if at == 0 or visit.data.get(ONLY):
            return self.choose(tx, visit)
        before = list(kind.credentials)[at - 1]
        given = {name: value for name, value in _given(visit).items() if name != before}
        return _asked(visit, kind, {**visit.data, "given": given}, at=at - 1)

    def _next(
        self, tx: Transaction, visit: Visit, kind: ProviderKind, at: int, given: Mapping[str, str]
    ) -> Reply:
        """Ask for the next credential, or have the provider asked about all of them."""
        if at + 1 < len(kind.credentials) and not visit.data.get(ONLY):
            return _asked(visit, kind, {**visit.data, "given": dict(given)}, at=at + 1)
        tenant, actor = _keeper(visit)
        entered = use_cases.enter_keys(
            tx, actor=actor, tenant_id=tenant.id, kind=kind, credentials=given
        )
        use_cases.ask_check(tx, keys=entered, asked_by=actor.person_id)
        return Reply(
            screen=screens.checking(visit.words, kind.name),
            show=Show.LIVE,
            live=keys.live(entered.id),
            ends_dialogue=True,
        )

    def _open(self, visit: Visit) -> tuple[ProviderKind, int]:
        """Return what is being asked for.

        Raises:
            StaleCard: nothing is, or it was begun for another organisation.
        """
        tenant, _ = _keeper(visit)
        kind = self._kinds.get(str(visit.data.get("provider", "")))
        if kind is None or visit.data.get("tenant") != tenant.id:
            raise StaleCard
        return kind, number(visit.data, "at")


def show(tx: Transaction, visit: Visit) -> Reply:
    """List the tenant's providers as a new message."""
    return replace(listing(tx, visit), show=Show.SEND)


def listing(tx: Transaction, visit: Visit) -> Reply:
    """List the tenant's providers."""
    tenant, actor = _keeper(visit)
    own = use_cases.set_up(tx, actor=actor, tenant_id=tenant.id)
    shared = [c for c in tx.configurations.usable(tenant.id) if c.tenant_id == PLATFORM]
    screen = screens.listing(visit.words, own, shared, tenant=tenant.name)
    return Reply(screen=screen, ends_dialogue=True)


def card(tx: Transaction, visit: Visit) -> Reply:
    """Show one provider."""
    return _card(tx, visit, ConfigurationId(parsing.ident(visit.argument)))


def use(tx: Transaction, visit: Visit) -> Reply:
    """Take keys into use."""
    _, actor = _keeper(visit)
    used = use_cases.use_keys(tx, actor=actor, keys_id=KeysId(_kept(visit, "keys")))
    return _card(tx, visit, used.id, note=screens.used(visit.words))


def try_again(tx: Transaction, visit: Visit) -> Reply:
    """Have the provider asked once more about keys that are not in use."""
    _, actor = _keeper(visit)
    known = tx.configurations.keys(KeysId(_kept(visit, "keys")))
    configuration = tx.configurations.get(known.configuration_id)
    if configuration.tenant_id != actor.tenant_id:
        raise NotFound(kind="provider")
    use_cases.ask_check(tx, keys=known, asked_by=actor.person_id)
    screen = screens.checking(visit.words, configuration.provider)
    return Reply(screen=screen, show=Show.LIVE, live=keys.live(known.id))


def check(tx: Transaction, visit: Visit) -> Reply:
    """Have the provider asked whether the keys in use still work."""
    _, actor = _keeper(visit)
    asked = use_cases.check_again(tx, actor=actor, configuration_id=_configuration(visit))
    screen = screens.checking(visit.words, asked.provider)
    return Reply(screen=screen, show=Show.LIVE, live=keys.live(asked.keys_id))


def switch(tx: Transaction, visit: Visit) -> Reply:
    """Switch a provider on or off."""
    _, actor = _keeper(visit)
    is_on = visit.intent is not None and visit.intent.arguments["on"] is True
    found = use_cases.switch(tx, actor=actor, configuration_id=_configuration(visit), is_on=is_on)
    return _card(tx, visit, found.id, note=screens.switched(visit.words, is_on=is_on))


def move(tx: Transaction, visit: Visit) -> Reply:
    """Move a provider up or down."""
    _, actor = _keeper(visit)
    found = _configuration(visit)
    use_cases.move(tx, actor=actor, configuration_id=found, to=_kept(visit, "to"))
    return _card(tx, visit, found, note=screens.moved(visit.words))


def confirm_removal(tx: Transaction, visit: Visit) -> Reply:
    """Ask before keys are deleted."""
    _, actor = _keeper(visit)
    found = use_cases.one_set_up(
        tx, actor=actor, configuration_id=ConfigurationId(parsing.ident(visit.argument))
    )
    act = offer(tx, visit, "provider.remove", configuration=found.configuration.id)
    return Reply(screen=screens.confirm_removal(visit.words, found.configuration, act=act))


def remove(tx: Transaction, visit: Visit) -> Reply:
    """Delete a provider's keys."""
    _, actor = _keeper(visit)
    gone = use_cases.remove(tx, actor=actor, configuration_id=_configuration(visit))
    return Reply(screen=screens.removed(visit.words, gone))


def _asked(
    visit: Visit,
    kind: ProviderKind,
    data: Mapping[str, object],
    *,
    at: int,
    note: Html | None = None,
) -> Reply:
    question = _question(kind, at)
    if needs_address(kind.name, question.what):
        address = keys.address_of(visit.public_url, kind.name, visit.here[0].id)
        question = replace(question, address=address)
    screen = screens.ask(visit.words, question, note=note)
    show = Show.EDIT if visit.incoming.did is Did.PRESS else Show.SEND
    return Reply(screen=screen, show=show, step=Step(name=TYPED, data={**data, "at": at}))


def _question(kind: ProviderKind, at: int) -> screens.Question:
    names = list(kind.credentials)
    return screens.Question(kind=kind, what=names[at], number=at + 1, count=len(names))


def _given(visit: Visit) -> dict[str, str]:
    given = visit.data.get("given")
    return dict(given) if isinstance(given, dict) else {}


def _card(
    tx: Transaction, visit: Visit, configuration_id: ConfigurationId, *, note: Html | None = None
) -> Reply:
    screen = keys.card(tx, reader_of(visit), configuration_id, note=note)
    return Reply(screen=screen, ends_dialogue=True)


def _keeper(visit: Visit) -> tuple[Tenant, Actor]:
    """Return tenant and actor, if he keeps its keys.

    Raises:
        NotAllowed: he does not.
    """
    tenant, actor = visit.here
    actor.check(Scope.SETTINGS_PROVIDERS, tenant.id)
    return tenant, actor


def _configuration(visit: Visit) -> ConfigurationId:
    return ConfigurationId(_kept(visit, "configuration"))


def _kept(visit: Visit, name: str) -> int:
    return number({} if visit.intent is None else visit.intent.arguments, name)
