"""Cards of a tenant's own providers, and what is told of their keys."""

from core.domain.acts import Event, EventName
from core.domain.configurations import ConfigurationId, Health, KeysId
from core.domain.errors import NotFound
from core.domain.people import PersonId, Scope
from core.domain.tenants import TenantId
from core.ports import Transaction
from core.use_cases.configurations import SetUp, one_set_up
from handlers.cards import actor_of, name_of
from handlers.chat import Reply, Screen, Show
from handlers.screens import credentials, providers, standings
from handlers.visit import Reader, offer_to
from handlers.words import Html


def live(keys_id: KeysId) -> str:
    """Name the one message that shows what a provider says of keys."""
    return f"keys:{keys_id}"


def address_of(public_url: str, provider: str, tenant_id: TenantId) -> str:
    """Return where a tenant's provider tells us what happened, from the root if that is unknown."""
    return f"{public_url}/payments/webhooks/{provider}/{tenant_id}/"


def card(
    tx: Transaction, reader: Reader, configuration_id: ConfigurationId, *, note: Html | None = None
) -> Screen:
    """Show one of the tenant's own providers with everything that can be done.

    Raises:
        NotFound, NotAllowed: as `one_set_up`.
    """
    found = one_set_up(tx, actor=reader.actor, configuration_id=configuration_id)
    return providers.card(reader.words, _card(tx, reader, found), note=note)


def checked(tx: Transaction, reader: Reader, event: Event) -> Reply | None:
    """Tell whoever entered keys what their provider says of them."""
    actor = reader.actor
    if actor is None or not actor.has(Scope.SETTINGS_PROVIDERS):
        return None
    try:
        keys = tx.configurations.keys(KeysId(event.other_id))
    except NotFound:
        return None
    configuration = tx.configurations.get(keys.configuration_id)
    if configuration.keys_id == keys.id:
        note = providers.said(reader.words, configuration, keys)
        screen = card(tx, reader, configuration.id, note=note)
        return Reply(screen=screen, show=Show.LIVE, live=live(keys.id))
    use = ""
    if keys.health is Health.WORKING:
        use = offer_to(tx, tenant=reader.tenant, actor=actor, verb="provider.use", keys=keys.id)
    again = offer_to(tx, tenant=reader.tenant, actor=actor, verb="provider.try", keys=keys.id)
    wrong = credentials.wrong_one(configuration.provider, keys.detail)
    mend = ""
    if keys.health is Health.REFUSED and wrong:
        mend = offer_to(
            tx, tenant=reader.tenant, actor=actor, verb="provider.mend", keys=keys.id, what=wrong
        )
    screen = providers.checked(reader.words, configuration, keys, use=use, again=again, mend=mend)
    return Reply(screen=screen, show=Show.LIVE, live=live(keys.id))


def changed(tx: Transaction, reader: Reader, event: Event) -> Reply | None:
    """Tell others that somebody changed a provider: it is where the money goes."""
    if reader.actor is None or event.subject.kind != "configuration":
        return None
    configuration = tx.configurations.get(ConfigurationId(event.subject.id))
    name = name_of(tx, PersonId(event.other_id))
    return Reply(screen=providers.changed(reader.words, configuration, name=name), show=Show.SEND)


def standing(tx: Transaction, reader: Reader, event: Event) -> Reply | None:
    """Tell who keeps a provider's keys that it fell, or came back; nothing to who has left."""
    if reader.actor is None:
        return None
    configuration = tx.configurations.get(ConfigurationId(event.subject.id))
    draw = standings.fell if event.name is EventName.PROVIDER_DOWN else standings.recovered
    may_open = reader.actor.has(Scope.SETTINGS_PROVIDERS)
    screen = draw(reader.words, configuration, may_open=may_open)
    return Reply(screen=screen, show=Show.SEND)


def _card(tx: Transaction, reader: Reader, found: SetUp) -> providers.Card:
    configuration = found.configuration

    def act(verb: str, **arguments: object) -> str:
        return offer_to(
            tx,
            tenant=reader.tenant,
            actor=actor_of(reader),
            verb=verb,
            configuration=configuration.id,
            **arguments,
        )

    order = [each.id for each in tx.configurations.owned(configuration.tenant_id)]
    place = order.index(configuration.id)
    standing = tx.standings.find(configuration.id)
    return providers.Card(
        found=found,
        address=""
        if configuration.provider in credentials.NOTHING_TO_REGISTER
        else address_of(reader.public_url, configuration.provider, configuration.tenant_id),
        down_at=None if standing is None else standing.down_at,
        place=place + 1,
        count=len(order),
        switch=act("provider.switch", on=not configuration.is_enabled),
        check=act("provider.check"),
        up=act("provider.move", to=place - 1) if place else "",
        down=act("provider.move", to=place + 1) if place + 1 < len(order) else "",
    )
