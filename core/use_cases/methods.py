"""Saved payment methods: kept only because their owner said so, after a payment that settled.

Between the capture and his word the provider's token waits, encrypted and for a day. Whatever is
removed is deleted; what its provider gives up is marked and offered no more.
"""

from dataclasses import replace

from core.domain.acts import Event, EventName
from core.domain.calendar import local_date
from core.domain.errors import NoProvider, NotFound, OfferOver, TooManyMethods
from core.domain.ledger import Subject
from core.domain.methods import GONE, MAX_METHODS, OFFER_LIFE, PaymentMethod
from core.domain.payments import NO_METHOD, Attempt, MethodId, Payment, PaymentId
from core.domain.people import Actor
from core.domain.providers import ProviderError, SavedMethod, Settled
from core.ports import Transaction
from core.use_cases.payments import own_payment


def hold_method(tx: Transaction, *, attempt: Attempt, settled: Settled) -> None:
    """Let what a payment was paid with wait for its payer's word, unless he keeps it already."""
    if settled.method is None or attempt.is_charge:
        return
    payment = tx.payments.get(attempt.payment_id)
    same = _same(tx, payment, attempt, settled.method)
    if same is None or not same.is_active:
        tx.methods.hold(attempt.id, settled.method, until=tx.now + OFFER_LIFE)


def keepable(tx: Transaction, *, payment: Payment) -> SavedMethod | None:
    """Return what a payment was paid with, while its payer may keep it."""
    found = _held(tx, payment.id)
    return None if found is None else found[1]


def keep_method(tx: Transaction, *, actor: Actor, payment_id: PaymentId) -> PaymentMethod:
    """Keep what the actor paid with; the first one becomes his default.

    Raises:
        NotFound: the payment is not the actor's.
        OfferOver: it was never offered, or the time for it is over.
        TooManyMethods: he keeps as many as he may.
    """
    payment = own_payment(tx, actor=actor, payment_id=payment_id)
    found = _held(tx, payment_id)
    if found is None:
        raise OfferOver
    attempt, kept = found
    tx.methods.drop_held(attempt.id)
    same = _same(tx, payment, attempt, kept)
    mine = tx.methods.of(actor.person_id, actor.tenant_id)
    if same is not None:
        stored = tx.methods.renew(same, same.revive(kept), kept)
    else:
        if len(mine) >= MAX_METHODS:
            raise TooManyMethods(most=MAX_METHODS)
        stored = _add(tx, actor, attempt, kept, is_first=not any(each.is_default for each in mine))
    _tell(tx, EventName.PAYMENT_METHOD_ADDED, stored)
    return stored


def mask_of(tx: Transaction, *, method_id: MethodId) -> str:
    """Return the mask of a saved method, "" for none, or for one that was removed."""
    if method_id == NO_METHOD:
        return ""
    try:
        return tx.methods.get(method_id).label
    except NotFound:
        return ""


def own_method(tx: Transaction, *, actor: Actor, method_id: MethodId) -> PaymentMethod:
    """Return a method of the actor's.

    Raises:
        NotFound: there is none any more, or it is somebody else's.
    """
    method = tx.methods.get(method_id)
    if (method.person_id, method.tenant_id) != (actor.person_id, actor.tenant_id):
        raise NotFound(kind="method")
    return method


def good_methods(tx: Transaction, *, actor: Actor) -> tuple[PaymentMethod, ...]:
    """Return what the actor can be charged through now, his default first."""
    tenant = tx.tenants.get(actor.tenant_id)
    today = local_date(tx.now, tenant.timezone)
    usable = {each.id for each in tx.configurations.usable(tenant.id)}
    found = tx.methods.of(actor.person_id, tenant.id)
    return tuple(
        each for each in found if each.configuration_id in usable and each.is_good(today=today)
    )


def name_method(tx: Transaction, *, actor: Actor, method_id: MethodId, name: str) -> PaymentMethod:
    """Call a method something, "" for its mask alone.

    Raises:
        NotFound: it is not the actor's.
        TooLong: the name is.
    """
    method = own_method(tx, actor=actor, method_id=method_id)
    return tx.methods.replace(method, method.rename(name))


def make_default(tx: Transaction, *, actor: Actor, method_id: MethodId) -> PaymentMethod:
    """Offer a method first from now on.

    Raises:
        NotFound: it is not the actor's.
        MethodGone: it cannot be charged any more.
    """
    method = own_method(tx, actor=actor, method_id=method_id)
    tenant = tx.tenants.get(actor.tenant_id)
    method.check_good(today=local_date(tx.now, tenant.timezone))
    if method.is_default:
        return method
    for other in tx.methods.of(actor.person_id, actor.tenant_id):
        if other.is_default:
            tx.methods.replace(other, other.choose(is_default=False))
    chosen = tx.methods.replace(method, method.choose(is_default=True))
    _tell(tx, EventName.PAYMENT_METHOD_DEFAULT_SET, chosen)
    return chosen


def remove_method(tx: Transaction, *, actor: Actor, method_id: MethodId) -> PaymentMethod:
    """Forget a method and what it takes to charge it; the newest other one becomes the default.

    Raises:
        NotFound: it is not the actor's.
    """
    method = own_method(tx, actor=actor, method_id=method_id)
    tx.methods.remove(method)
    _tell(tx, EventName.PAYMENT_METHOD_REMOVED, method)
    if method.is_default:
        _next_default(tx, actor)
    return method


def retire_method(tx: Transaction, *, attempt: Attempt, error: ProviderError) -> None:
    """Mark the method that an attempt charged, if its provider says that it is no good any more."""
    if not attempt.is_charge or error not in GONE:
        return
    try:
        method = tx.methods.get(attempt.method_id)
    except NotFound:
        return
    if method.is_active:
        tx.methods.replace(method, method.retire())


def prefer_provider(tx: Transaction, *, actor: Actor, provider: str) -> None:
    """Offer a provider first to the actor, "" for the organisation's own order.

    Raises:
        NoProvider: it takes no money here.
    """
    usable = {each.provider for each in tx.configurations.usable(actor.tenant_id)}
    if provider and provider not in usable:
        raise NoProvider
    before = tx.methods.preference(actor.person_id, actor.tenant_id)
    after = replace(before, provider=provider)
    tx.methods.prefer(actor.person_id, actor.tenant_id, after)
    tx.events.append(
        Event(
            name=EventName.PREFERRED_PROVIDER_SET,
            tenant_id=actor.tenant_id,
            subject=Subject(kind="person", id=actor.person_id),
            person_id=actor.person_id,
        )
    )


def allow_keeping(tx: Transaction, *, actor: Actor, is_allowed: bool) -> None:
    """Let providers that must be told before keep what the actor pays with, or no longer.

    Nothing is saved by that: it can be saved after a payment.
    """
    before = tx.methods.preference(actor.person_id, actor.tenant_id)
    after = replace(before, is_keeping=is_allowed)
    tx.methods.prefer(actor.person_id, actor.tenant_id, after)


def _held(tx: Transaction, payment_id: PaymentId) -> tuple[Attempt, SavedMethod] | None:
    for attempt in reversed(tx.payments.attempts(payment_id)):
        kept = tx.methods.held(attempt.id)
        if kept is not None:
            return attempt, kept
    return None


def _same(
    tx: Transaction, payment: Payment, attempt: Attempt, kept: SavedMethod
) -> PaymentMethod | None:
    return tx.methods.same(
        payment.payer_id,
        payment.tenant_id,
        configuration_id=attempt.configuration_id,
        kept=kept,
    )


def _add(
    tx: Transaction, actor: Actor, attempt: Attempt, kept: SavedMethod, *, is_first: bool
) -> PaymentMethod:
    method = PaymentMethod(
        id=MethodId(tx.new_id()),
        tenant_id=actor.tenant_id,
        person_id=actor.person_id,
        configuration_id=attempt.configuration_id,
        provider=attempt.provider,
        label=kept.label,
        expires=kept.expires,
        kept_at=tx.now,
        is_default=is_first,
    )
    tx.methods.add(method, kept)
    return method


def _next_default(tx: Transaction, actor: Actor) -> None:
    following = next(iter(good_methods(tx, actor=actor)), None)
    if following is not None:
        tx.methods.replace(following, following.choose(is_default=True))


def _tell(tx: Transaction, name: EventName, method: PaymentMethod) -> None:
    tx.events.append(
        Event(
            name=name,
            tenant_id=method.tenant_id,
            subject=Subject(kind="method", id=method.id),
            person_id=method.person_id,
        )
    )
