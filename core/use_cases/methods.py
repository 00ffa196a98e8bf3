"""Saved payment methods: kept only because their owner said so, after a payment that settled.

Between the capture and his word the provider's token waits, encrypted and for a day. Whatever is
removed is deleted, and its provider is asked to delete it, too; what its provider gives up is
marked and offered no more. A payment link may have been paid by somebody else: what that means for
a card is in `core/domain/methods.py: TRUST`.
"""

import json
from dataclasses import replace
from typing import Final

from core.domain.acts import Event, EventName
from core.domain.calendar import local_date
from core.domain.configurations import mark_of
from core.domain.errors import NoProvider, NotAllowed, NotFound, OfferOver, TooManyMethods
from core.domain.ledger import Subject
from core.domain.methods import GONE, MAX_METHODS, OFFER_LIFE, TRUST, PaymentMethod
from core.domain.payments import Attempt, MethodId, Payment, PaymentId
from core.domain.people import Actor, Scope
from core.domain.providers import ProviderError, SavedMethod, Settled
from core.domain.work import Kind, Priority
from core.ports import Transaction
from core.use_cases.payments import own_payment

FORGET: Final = "forget"
"""What a row asks a provider that is to have a removed method deleted."""


def hold_method(tx: Transaction, *, attempt: Attempt, settled: Settled) -> None:
    """Let what a payment was paid with wait for its payer's word, unless he keeps it already.

    What he keeps and pays with on a page once more is limited no longer.
    """
    if settled.method is None or attempt.is_charge:
        return
    payment = tx.payments.get(attempt.payment_id)
    same = _same(tx, payment, attempt, settled.method)
    if same is not None and is_usable(tx, method=same):
        is_again = payment.id != same.payment_id and not same.is_waiting(at=tx.now)
        if same.day_limit_minor and is_again:
            tx.methods.replace(same, same.trust())
        return
    if not _is_barred(tx, payment, attempt, settled.method):
        tx.methods.hold(attempt.id, settled.method, until=tx.now + OFFER_LIFE)


def note_account(tx: Transaction, *, attempt: Attempt, settled: Settled) -> None:
    """Keep whose account a provider says it is; what is kept in another cannot be charged."""
    configuration = tx.configurations.get(attempt.configuration_id)
    account = mark_of(settled.account)
    if account not in {"", configuration.account}:
        tx.configurations.replace(configuration, replace(configuration, account=account))


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
    if _is_barred(tx, payment, attempt, kept):
        raise OfferOver
    same = _same(tx, payment, attempt, kept)
    mine = tx.methods.of(actor.person_id, actor.tenant_id)
    if same is not None:
        account = tx.configurations.get(attempt.configuration_id).account
        stored = tx.methods.renew(same, same.revive(kept, account=account, at=tx.now), kept)
    else:
        if len(mine) >= MAX_METHODS:
            raise TooManyMethods(most=MAX_METHODS)
        is_first = not any(each.is_default for each in mine)
        stored = _add(tx, payment, attempt, kept, is_first=is_first)
    _tell(tx, EventName.PAYMENT_METHOD_ADDED, stored)
    for other in tx.methods.others(stored):
        _tell(tx, EventName.PAYMENT_METHOD_SHARED, other, other_id=stored.id)
        _tell(tx, EventName.PAYMENT_METHOD_SHARED, stored, other_id=other.id)
    return stored


def is_usable(tx: Transaction, *, method: PaymentMethod) -> bool:
    """Tell whether its provider can still charge a method: not given up, not in another account."""
    account = tx.configurations.get(method.configuration_id).account
    return method.is_active and not method.is_elsewhere(account)


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
    """Return what the actor can be charged through, now or once it has waited; default first."""
    tenant = tx.tenants.get(actor.tenant_id)
    today = local_date(tx.now, tenant.timezone)
    usable = {each.id for each in tx.configurations.usable(tenant.id)}
    found = tx.methods.of(actor.person_id, tenant.id)
    return tuple(
        each
        for each in found
        if each.configuration_id in usable
        and each.is_good(today=today)
        and is_usable(tx, method=each)
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

    Its provider is asked to delete it afterwards: here it is gone at once, whatever comes of that.

    Raises:
        NotFound: it is not the actor's.
    """
    method = own_method(tx, actor=actor, method_id=method_id)
    _take_back(tx, method)
    tx.methods.remove(method)
    _tell(tx, EventName.PAYMENT_METHOD_REMOVED, method)
    if method.is_default:
        _next_default(tx, actor)
    return method


def objectionable(tx: Transaction, *, actor: Actor, method_id: MethodId) -> PaymentMethod:
    """Return a method of somebody else's that the actor may object to.

    Raises:
        NotFound: there is none any more, or none of this tenant's.
        NotAllowed: it is his own, or he may not give money back and does not keep the same card,
            or his word counts no more than its owner's: that one is trusted.
    """
    method = tx.methods.get(method_id)
    if method.tenant_id != actor.tenant_id:
        raise NotFound(kind="method")
    is_own = method.person_id == actor.person_id
    is_new = bool(method.day_limit_minor) or method.is_waiting(at=tx.now)
    keeps_same = any(each.person_id == actor.person_id for each in tx.methods.others(method))
    if is_own or not ((is_new and keeps_same) or actor.has(Scope.REFUND_REQUEST)):
        raise NotAllowed(scope=Scope.REFUND_REQUEST.value)
    return method


def object_to_method(tx: Transaction, *, actor: Actor, method_id: MethodId) -> PaymentMethod:
    """Delete a method that is not its owner's to keep; he cannot save the same card again.

    Raises:
        NotFound, NotAllowed: as `objectionable`.
    """
    method = objectionable(tx, actor=actor, method_id=method_id)
    _take_back(tx, method)
    tx.methods.bar(method)
    _tell(tx, EventName.PAYMENT_METHOD_OBJECTED, method)
    if method.is_default:
        _next_default(tx, Actor(person_id=method.person_id, tenant_id=method.tenant_id))
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


def _take_back(tx: Transaction, method: PaymentMethod) -> None:
    """Queue that a method's provider be asked to delete it."""
    kept = tx.methods.secret(method)
    payload = {
        "ask": FORGET,
        "configuration": method.configuration_id,
        "mark": tx.methods.mark(method),
        "token": kept.token,
        "owner": kept.owner,
    }
    tx.work.add(
        Kind.CALL,
        lane=f"m:{method.id}",
        payload=json.dumps(payload).encode(),
        priority=Priority.QUIET,
    )


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


def _is_barred(tx: Transaction, payment: Payment, attempt: Attempt, kept: SavedMethod) -> bool:
    return tx.methods.is_barred(
        payment.payer_id,
        payment.tenant_id,
        configuration_id=attempt.configuration_id,
        kept=kept,
    )


def _add(
    tx: Transaction, payment: Payment, attempt: Attempt, kept: SavedMethod, *, is_first: bool
) -> PaymentMethod:
    trust = TRUST[kept.consent]
    method = PaymentMethod(
        id=MethodId(tx.new_id()),
        tenant_id=payment.tenant_id,
        person_id=payment.payer_id,
        configuration_id=attempt.configuration_id,
        provider=attempt.provider,
        label=kept.label,
        expires=kept.expires,
        kept_at=tx.now,
        is_default=is_first,
        payment_id=payment.id,
        waits_until=tx.now + trust.wait if trust.wait else None,
        day_limit_minor=payment.captured_minor if trust.is_limited else 0,
        account=tx.configurations.get(attempt.configuration_id).account,
    )
    tx.methods.add(method, kept)
    return method


def _next_default(tx: Transaction, actor: Actor) -> None:
    following = next(iter(good_methods(tx, actor=actor)), None)
    if following is not None:
        tx.methods.replace(following, following.choose(is_default=True))


def _tell(tx: Transaction, name: EventName, method: PaymentMethod, *, other_id: int = 0) -> None:
    tx.events.append(
        Event(
            name=name,
            tenant_id=method.tenant_id,
            subject=Subject(kind="method", id=method.id),
            person_id=method.person_id,
            other_id=other_id,
        )
    )
