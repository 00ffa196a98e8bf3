"""Saved payment methods: the list, one of them, its name, its end; refusals about them. Pure.

People see the mask only: what charges a method is never in a record.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from core.domain.errors import Refusal
from core.domain.methods import MAX_NAME, PaymentMethod, Preference
from core.domain.money import Money
from handlers.chat import Button, Rows, Screen
from handlers.screens import charges, doors
from handlers.screens.home import back_row, home_row
from handlers.screens.payments import provider_name
from handlers.words import Html, Words, lines

PREFER: Final = "methods:prefer"


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodCard:
    """One saved method; the other fields are data of buttons, "" for none."""

    method: PaymentMethod
    today: date
    is_offered: bool = True
    """Whether its provider takes money here now."""
    is_elsewhere: bool = False
    """Whether it is kept in an account that the organisation no longer uses."""
    waits_until: datetime | None = None
    limit: Money | None = None
    default: str = ""
    unname: str = ""


def listed(
    words: Words,
    views: Sequence[MethodCard],
    *,
    preference: Preference,
    keeping: str,
    note: Html | None = None,
) -> Screen:
    """Show everything that a person keeps with the organisation, and how he likes to pay.

    `keeping` is the data of the button that lets providers keep what he pays with, or no longer.
    """
    nothing = words.t(
        "Nothing is saved yet. After a payment by link you can save what you paid with, where the "
        "provider allows it."
    )
    liked = words.t("none, they come as your organisation orders them")
    html = lines(
        note or "",
        words.t("<b>Payment methods</b>"),
        *(_line(words, each) for each in views),
        "" if views else nothing,
        words.t(
            "Preferred provider: %(provider)s",
            provider=provider_name(preference.provider) if preference.provider else liked,
        ),
        _keeping_line(words, preference),
    )
    cards = tuple(
        (Button(label=words.label("Open %(method)s", method=each.title), data=_card(each)),)
        for each in (view.method for view in views)
    )
    prefer = Button(label=words.label("Preferred provider"), data=PREFER)
    ask = words.label("Let providers keep cards")
    if preference.is_keeping:
        ask = words.label("Keep no more cards")
    last = (prefer, Button(label=ask, data=keeping))
    return Screen(html=html, rows=(*cards, last, back_row(words, doors.SETTINGS)))


def card(words: Words, view: MethodCard, *, note: Html | None = None) -> Screen:
    """Show one method, and what its owner may do with it."""
    method = view.method
    html = lines(
        note or "",
        f"<b>{words.t('%(method)s', method=method.title)}</b>",
        words.t("Charged through %(provider)s", provider=provider_name(method.provider)),
        _good_until(words, method),
        _state(words, view),
        *charges.terms_lines(words, terms_of(view)),
        words.t("Saved: %(when)s", when=words.when(method.kept_at, today=view.today)),
        words.t("We keep no card number, only what its provider needs to charge it, encrypted."),
    )
    rename = Button(label=words.label("Rename"), data=f"methods:rename:{method.id}")
    remove = Button(label=words.label("Remove"), data=f"methods:remove:{method.id}")
    first = Button(label=words.label("Offer first"), data=view.default)
    rows: Rows = ((first,),) if view.default else ()
    return Screen(html=html, rows=(*rows, (rename, remove), back_row(words, doors.METHODS)))


def terms_of(view: MethodCard) -> charges.Terms:
    """Return what its owner may do with a method, as its card says it."""
    if view.is_elsewhere or not view.method.is_good(today=view.today):
        return charges.NO_TERMS
    return charges.Terms(method=view.method.label, until=view.waits_until, limit=view.limit)


def ask_name(words: Words, view: MethodCard) -> Screen:
    """Ask what a method is to be called; it is typed."""
    html = lines(
        words.t("<b>What do you call %(method)s?</b>", method=view.method.label),
        words.t(
            "Write a name of at most %(most)s characters, for example Salary card. Never write a "
            "card number.",
            most=MAX_NAME,
        ),
    )
    unname = Button(label=words.label("Take the name away"), data=view.unname)
    last = (
        Button(label=words.label("Back"), data=_card(view.method)),
        Button(label=words.label("Cancel"), data=doors.LEAVE),
    )
    return Screen(html=html, rows=((unname,), last) if view.unname else (last,))


def ask_removal(words: Words, method: PaymentMethod, *, remove: str) -> Screen:
    """Ask whether a method is to go; `remove` is the button's data."""
    html = lines(
        words.t("<b>Remove %(method)s?</b>", method=method.title),
        words.t("We forget what its provider gave us. Payments made with it stay as they are."),
        words.t("You can save it again after paying with it."),
    )
    act = Button(label=words.label("Remove it"), data=remove)
    keep = Button(label=words.label("Keep it"), data=_card(method))
    return Screen(html=html, rows=((act, keep),))


def preferences(words: Words, preferred: str, choices: Sequence[tuple[str, str]]) -> Screen:
    """Let the person choose; `choices` are (provider, button's data), "" for no preference."""
    html = lines(
        words.t("<b>Preferred provider</b>"),
        words.t(
            "Now: %(provider)s",
            provider=provider_name(preferred) if preferred else words.t("none"),
        ),
        words.t("The one you choose is offered first when you pay by link here."),
    )
    rows = tuple(
        (
            Button(
                label=provider_name(provider) if provider else words.label("No preference"),
                data=data,
            ),
        )
        for provider, data in choices
    )
    return Screen(html=html, rows=(*rows, back_row(words, doors.METHODS)))


def saved(words: Words, method: PaymentMethod) -> Html:
    """Confirm that a method is kept, above its card."""
    return words.t("✅ Saved: %(method)s. Nothing was charged.", method=method.title)


def removed(words: Words, method: PaymentMethod) -> Html:
    """Confirm that a method is gone, above the list."""
    return words.t("🗑️ Removed: %(method)s. We cannot charge it any more.", method=method.title)


def charged(words: Words, method: PaymentMethod, *, amount: Money, payee: str) -> Screen:
    """Tell a method's owner of its first charge, or of the first after a long time."""
    html = lines(
        words.t(
            "💳 %(method)s is being charged %(amount)s for %(payee)s: its first charge here, or "
            "the first in a month.",
            method=method.title,
            amount=words.money(amount),
            payee=payee,
        ),
        words.t(
            "If it was not you: remove it now, change your PIN, and tell an administrator. The "
            "receipt follows."
        ),
    )
    remove = Button(label=words.label("Remove"), data=f"methods:remove:{method.id}")
    pin = Button(label=words.label("Settings"), data=doors.SETTINGS)
    return Screen(html=html, rows=((remove, pin), back_row(words, doors.METHODS)))


def shared(
    words: Words, mine: PaymentMethod, theirs: PaymentMethod, *, tenant: str, may_stop: bool
) -> Screen:
    """Tell who keeps a card that somebody else does, too; `may_stop`: he can end that."""
    then = words.t("If you share it, do nothing. If not, ask an administrator.")
    if may_stop:
        then = words.t("If you share it, do nothing. If not, stop it: nothing of yours changes.")
    html = lines(
        words.t(
            "⚠️ Somebody else at %(tenant)s has saved your %(method)s, too.",
            tenant=tenant,
            method=mine.title,
        ),
        _from_when(words, theirs),
        then,
    )
    stop = Button(label=words.label("It may not be charged"), data=f"methods:stop:{theirs.id}")
    rows: Rows = ((stop,),) if may_stop else ()
    return Screen(html=html, rows=(*rows, back_row(words, doors.METHODS)))


def ask_stop(words: Words, method: PaymentMethod, *, owner: str, stop: str, back: str) -> Screen:
    """Ask whether somebody else's saved card is to be stopped; `owner` is "" for no name."""
    whose = words.t("Saved by %(name)s", name=owner) if owner else ""
    html = lines(
        words.t("<b>Stop %(method)s?</b>", method=method.label),
        whose,
        _from_when(words, method),
        words.t(
            "Do this when the card is not theirs, or its holder objects. It is removed at once and "
            "they cannot save it again here. Payments made with it stay as they are; they are told."
        ),
    )
    act = Button(label=words.label("Stop it"), data=stop)
    return Screen(html=html, rows=((act, Button(label=words.label("Back"), data=back)),))


def stopped(words: Words, method: PaymentMethod) -> Screen:
    """Confirm that somebody else's saved card is gone."""
    html = words.t(
        "🛑 Stopped: %(method)s is removed from their saved cards and cannot be charged any more.",
        method=method.label,
    )
    return Screen(html=html, rows=home_row(words))


def objected(words: Words, *, tenant: str) -> Screen:
    """Tell who had saved a card that he keeps it no longer."""
    html = lines(
        words.t(
            "🛑 A card that you had saved at %(tenant)s was removed: its holder, or the "
            "organisation for them, says that it is not yours to charge.",
            tenant=tenant,
        ),
        words.t("It cannot be charged or saved again. If that is wrong, ask an administrator."),
    )
    return Screen(html=html, rows=_methods_row(words))


def waits(words: Words, refusal: Refusal) -> Screen:
    """Say from when a saved method may be charged."""
    until = refusal.data.get("until")
    html = lines(
        words.t(
            "⏳ This saved card can be charged from %(when)s, not before. No money moved.",
            when=words.when(until) if isinstance(until, datetime) else words.t("tomorrow"),
        ),
        words.t("Pay another way until then; you can remove it under your payment methods."),
    )
    return Screen(html=html, rows=_methods_row(words))


def limited(words: Words, refusal: Refusal) -> Screen:
    """Say how much a saved method may be charged now."""
    left = refusal.data.get("left")
    html = lines(
        words.t(
            "⏳ This saved card can be charged up to %(left)s now. No money moved.",
            left=words.money(left) if isinstance(left, Money) else "",
        ),
        words.t("Pay with it by link once more, and it has no such limit."),
    )
    return Screen(html=html, rows=_methods_row(words))


def gone(words: Words, refusal: Refusal) -> Screen:
    """Say that a saved method cannot be charged any more."""
    html = lines(
        words.t("⚠️ This saved payment method cannot be charged any more. No money moved."),
        words.t("Pay another way; you can remove it under your payment methods."),
    )
    return Screen(html=html, rows=_methods_row(words))


def offer_over(words: Words, refusal: Refusal) -> Screen:
    """Say that what was paid with cannot be saved any more."""
    html = lines(
        words.t("⌛ It is too late to save what you paid with: we keep it for a day only."),
        words.t("Nothing was saved and no money moved. After your next payment you can save it."),
    )
    return Screen(html=html, rows=_methods_row(words))


def too_many(words: Words, refusal: Refusal) -> Screen:
    """Say that no more can be kept."""
    html = words.t(
        "You have saved %(most)s payment methods, which is as many as we keep. Remove one first; "
        "nothing was saved now.",
        most=refusal.data.get("most", ""),
    )
    return Screen(html=html, rows=_methods_row(words))


def _keeping_line(words: Words, preference: Preference) -> Html:
    if preference.is_keeping:
        return words.t(
            "Providers that must be told before you pay, such as Stripe and PayPal, may keep your "
            "card or account: you can save it afterwards. At Stripe whoever pays ticks a box for "
            "that. Nothing is saved without your press."
        )
    return words.t(
        "Some providers, such as Stripe and PayPal, keep a card or an account only if you let them "
        "before you pay. You have not."
    )


def _line(words: Words, view: MethodCard) -> Html:
    method = view.method
    if view.is_elsewhere or not method.is_good(today=view.today):
        return words.t("⚠️ %(method)s · cannot be charged any more", method=method.title)
    provider = provider_name(method.provider)
    if view.waits_until is not None:
        return words.t(
            "⏳ %(method)s · %(provider)s · from %(when)s",
            method=method.title,
            provider=provider,
            when=words.when(view.waits_until),
        )
    if method.is_default:
        return words.t(
            "⭐ %(method)s · %(provider)s · offered first", method=method.title, provider=provider
        )
    return words.t("%(method)s · %(provider)s", method=method.title, provider=provider)


def _good_until(words: Words, method: PaymentMethod) -> Html:
    if not method.expires:
        return Html("")
    year, _, month = method.expires.partition("-")
    return words.t("Good until the end of %(month)s/%(year)s", month=month, year=year)


def _state(words: Words, view: MethodCard) -> Html:
    if not view.method.is_good(today=view.today):
        return words.t("⚠️ It cannot be charged any more. Save it again after paying with it.")
    if view.is_elsewhere:
        return words.t(
            "⚠️ It cannot be charged any more: your organisation now uses another account at "
            "%(provider)s. Save it again after paying with it.",
            provider=provider_name(view.method.provider),
        )
    if not view.is_offered:
        return words.t("Its provider takes no money here now, so it is not offered.")
    if view.method.is_default and view.waits_until is None:
        return words.t("It is offered first when you pay a bill by link.")
    return Html("")


def _from_when(words: Words, method: PaymentMethod) -> Html:
    if method.waits_until is None:
        return Html("")
    when = words.when(method.waits_until)
    return words.t("It can be charged from %(when)s, and not before.", when=when)


def _card(method: PaymentMethod) -> str:
    return f"methods:card:{method.id}"


def _methods_row(words: Words) -> Rows:
    door = Button(label=words.label("Payment methods"), data=doors.METHODS)
    return ((door,), *home_row(words))
