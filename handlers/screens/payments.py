"""The one live screen of a payment by link, edited in place as things change. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from core.domain.bills import Bill
from core.domain.money import Money
from core.domain.payments import Attempt, AttemptStatus, Payment, PaymentStatus, Receipt
from core.domain.providers import ProviderError
from core.domain.refunds import Refund
from core.domain.tenants import FeeBearer
from handlers.chat import Button, Rows, Screen
from handlers.screens import apart, charges, doors, held, pages, prompts
from handlers.screens.statuses import refund_line
from handlers.words import Html, Words, lines

_NAMES = {
    "paystack": "Paystack",
    "flutterwave": "Flutterwave",
    "stripe": "Stripe",
    "paypal": "PayPal",
    "pesapal": "Pesapal",
    "mpesa": "M-Pesa",
    "telegram": "Telegram",
    "sandbox": "Sandbox Pay",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentView:
    """A payment by link as it stands; `cancel`, `wallet`, `keep` and `retries` are buttons' data.

    `retries` are (provider, data). `receipts` are oldest first, `fee` is what the payer bore.
    `keepable` is what it was paid with, while that may be kept.
    """

    payment: Payment
    attempts: tuple[Attempt, ...] = ()
    bill: Bill | None = None
    receipts: tuple[Receipt, ...] = ()
    fee_bearer: FeeBearer = FeeBearer.TENANT
    fee: Money | None = None
    cancel: str = ""
    wallet: str = ""
    retries: tuple[tuple[str, str], ...] = ()
    refunds: tuple[Refund, ...] = ()
    keepable: charges.Terms = charges.NO_TERMS
    keep: str = ""
    charged: str = ""
    """The mask of the saved method that the newest attempt charges, "" for a page."""
    pages: tuple[str, ...] = ()
    """Providers whose pages beside the one that paid may still be open."""
    asks_on_phone: bool = False


class Stage(StrEnum):
    """What a person is told about a payment by link."""

    PREPARING = "preparing"
    WAITING = "waiting"
    CHECKING = "checking"
    DECLINED = "declined"
    PAID = "paid"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    KEPT_APART = "kept_apart"
    FAILED = "failed"


def provider_name(provider: str) -> str:
    """Return a provider's own name."""
    return _NAMES.get(provider, provider.capitalize())


def stage(view: PaymentView) -> Stage:
    """Tell where a payment stands: an answer that is missing counts before one that is there."""
    ends = {
        PaymentStatus.COMPLETED: Stage.PAID,
        PaymentStatus.EXPIRED: Stage.EXPIRED,
        PaymentStatus.CANCELLED: Stage.CANCELLED,
        PaymentStatus.FAILED: Stage.FAILED,
    }
    is_paid = view.payment.status is PaymentStatus.COMPLETED
    if not is_paid and any(each.status is AttemptStatus.SETTLED for each in view.attempts):
        return Stage.KEPT_APART
    if view.payment.status in ends:
        return ends[view.payment.status]
    if any(_is_checked(attempt) for attempt in view.attempts):
        return Stage.CHECKING
    last = view.attempts[-1].status if view.attempts else AttemptStatus.CREATED
    if last in {AttemptStatus.DECLINED, AttemptStatus.EXPIRED}:
        return Stage.DECLINED
    return Stage.WAITING if last is AttemptStatus.WAITING else Stage.PREPARING


def _is_checked(attempt: Attempt) -> bool:
    """Tell whether a provider is being asked what became of an attempt."""
    may_have_left = attempt.status in {AttemptStatus.CREATED, AttemptStatus.SENT}
    is_unknown = attempt.status is AttemptStatus.UNKNOWN or attempt.is_under_way
    return is_unknown or (attempt.is_put_back and may_have_left)


def live(words: Words, view: PaymentView, *, note: Html | None = None) -> Screen:
    """Show a payment by link as it stands, with what its payer may do."""
    at = stage(view)
    text = lines(
        note or "",
        *_story(words, view, at),
        "" if at is Stage.PAID else _what_for(words, view),
        _reference(words, view, at) if at is not Stage.PAID else "",
    )
    return Screen(html=text, rows=_live_rows(words, view, at))


def gone_on(words: Words) -> Screen:
    """Close the message that showed a payment before another one does."""
    return Screen(html=words.t("↪️ This payment goes on in another message."))


def fee_sentence(words: Words, bearer: FeeBearer) -> Html:
    """Return who pays the provider's fee, before it is known."""
    if bearer is FeeBearer.TENANT:
        return words.t("No fee for you on this bill.")
    return words.t("The provider's fee is taken from what you pay; the receipt shows it.")


def _story(words: Words, view: PaymentView, at: Stage) -> tuple[Html, ...]:
    amount = words.money(view.payment.amount)
    provider = provider_name(_told_of(view, at).provider) if view.attempts else ""
    if at in {Stage.PREPARING, Stage.WAITING, Stage.CHECKING}:
        return _open_story(words, view, at, amount=amount, provider=provider)
    if at is Stage.DECLINED:
        return (
            words.t("⚠️ Not paid %(amount)s. Nothing was taken.", amount=amount),
            _why_not(words, view.attempts[-1], provider),
        )
    if at is Stage.PAID:
        return _paid_story(words, view)
    if at is Stage.KEPT_APART:
        return apart.story(words, view.payment, provider=provider)
    late = words.t(
        "Should the provider still report money, it goes to your wallet and you are told."
    )
    if at is Stage.EXPIRED:
        return (_expired(words, view, amount=amount, provider=provider), late)
    if at is Stage.CANCELLED:
        return (
            words.t("⚪ Payment of %(amount)s cancelled. Nothing was taken.", amount=amount),
            prompts.left(words, view.attempts),
            late,
        )
    return (words.t("⚠️ Not paid %(amount)s. Nothing was taken.", amount=amount), late)


def _expired(words: Words, view: PaymentView, *, amount: Html, provider: str) -> Html:
    """Say what has run out: a link, a question on the phone, or a charge."""
    is_doubtful = any(_was_doubtful(each) for each in view.attempts)
    last = view.attempts[-1] if view.attempts else None
    if last is not None and last.is_charge and not last.link:
        tell = charges.expired_in_doubt if is_doubtful else charges.expired
        return tell(words, method=view.charged, amount=amount, provider=provider)
    if last is not None and last.is_prompt:
        say = prompts.expired_in_doubt if is_doubtful else prompts.expired
        return say(words, amount=amount, provider=provider)
    if not is_doubtful:
        return words.t("⌛ The link for %(amount)s has expired. Nothing was taken.", amount=amount)
    return words.t(
        "⌛ The link for %(amount)s has expired. %(provider)s did not tell us whether money was "
        "taken; none was credited.",
        amount=amount,
        provider=provider,
    )


def _told_of(view: PaymentView, at: Stage) -> Attempt:
    """Return the attempt that a screen is about: the newest, or the one whose money is apart."""
    taken = [each for each in view.attempts if each.status is AttemptStatus.SETTLED]
    return taken[-1] if at is Stage.KEPT_APART and taken else view.attempts[-1]


def _open_story(
    words: Words, view: PaymentView, at: Stage, *, amount: Html, provider: str
) -> tuple[Html, ...]:
    fee = fee_sentence(words, view.fee_bearer)
    if at is Stage.CHECKING:
        return _checking_story(words, view, amount=amount, provider=provider)
    if view.charged:
        tell = charges.confirming if view.attempts[-1].link else charges.charging
        return tell(words, method=view.charged, amount=amount, provider=provider)
    if at is Stage.PREPARING:
        page = words.t(
            "⏳ Preparing the payment page of %(provider)s · %(amount)s",
            provider=provider,
            amount=amount,
        )
        if view.asks_on_phone:
            page = prompts.preparing(words, amount=amount, provider=provider)
        return (
            page,
            words.t("Nothing has been taken yet. %(fee)s", fee=fee),
        )
    is_prompt = view.attempts[-1].is_prompt
    return (
        words.t("⏳ Waiting for %(provider)s · %(amount)s", provider=provider, amount=amount),
        prompts.look(words, provider)
        if is_prompt
        else pages.what_to_do(words, view.attempts[-1].provider),
        Html("") if is_prompt else _valid_line(words, view.payment),
        words.t("Nothing has arrived yet. %(fee)s", fee=fee),
    )


def _was_doubtful(attempt: Attempt) -> bool:
    """Tell whether an attempt that may have been paid was never answered."""
    if attempt.is_charge and not attempt.link:
        return attempt.may_still_settle or attempt.status is AttemptStatus.EXPIRED
    return (bool(attempt.link) or attempt.is_prompt) and attempt.error is not None


def _checking_story(
    words: Words, view: PaymentView, *, amount: Html, provider: str
) -> tuple[Html, ...]:
    if view.attempts[-1].awaits_clearing:
        return held.story(words, view.attempts[-1], amount=amount, provider=provider)
    if not view.attempts[-1].had_page and view.asks_on_phone:
        return prompts.not_asked(words, amount=amount, provider=provider)
    if not view.attempts[-1].had_page:
        return (
            words.t(
                "🔎 %(provider)s has trouble: no payment page yet · %(amount)s",
                amount=amount,
                provider=provider,
            ),
            words.t(
                "Without a page you cannot have paid, so nothing was taken. We keep asking "
                "%(provider)s, and this message changes as soon as there is one. You need not wait "
                "for it.",
                provider=provider,
            ),
        )
    return (
        words.t("🔎 Being checked: %(amount)s at %(provider)s", amount=amount, provider=provider),
        words.t(
            "We do not know yet whether money was taken. Do not pay again: we keep asking "
            "%(provider)s, and this message changes as soon as we know.",
            provider=provider,
        ),
    )


def _valid_line(words: Words, payment: Payment) -> Html:
    if payment.expires_at is None:
        return Html("")
    return words.t("The link is valid until %(when)s.", when=words.when(payment.expires_at))


def _paid_story(words: Words, view: PaymentView) -> tuple[Html, ...]:
    payment = view.payment
    amount = words.money(payment.captured)
    when = words.when(payment.ended_at or payment.created_at)
    head = words.t("✅ Paid %(amount)s · %(when)s", amount=amount, when=when)
    if view.bill is not None and not any(each.settled.is_positive for each in view.receipts):
        head = words.t("👛 %(amount)s went to your wallet · %(when)s", amount=amount, when=when)
    asked = words.t("Asked for: %(amount)s", amount=words.money(payment.amount))
    shown = [
        head,
        asked if payment.captured != payment.amount else Html(""),
        _what_for(words, view),
    ]
    fee = words.t("No fee for you.")
    if view.fee is not None and view.fee.is_positive:
        fee = words.t("Fee: %(fee)s", fee=words.money(view.fee))
    shown.append(fee)
    shown += [
        words.t(
            "Receipt %(number)s · wallet %(balance)s",
            number=receipt.number,
            balance=words.money(receipt.balance_after),
        )
        for receipt in view.receipts
    ]
    shown += [refund_line(words, each) for each in view.refunds]
    if view.pages:
        shown.append(_pages_line(words, view.pages))
    if view.keep:
        shown += charges.keep_lines(words, view.keepable)
    return tuple(shown)


def _pages_line(words: Words, pages: tuple[str, ...]) -> Html:
    return words.t(
        "⚠️ Another page of %(providers)s may still be open: close it. What is paid there, too, "
        "goes to your wallet.",
        providers=", ".join(provider_name(each) for each in pages),
    )


def _what_for(words: Words, view: PaymentView) -> Html:
    if view.bill is None:
        return words.t("For your wallet")
    bill = view.bill
    if not bill.rest.is_positive:
        return words.t("For %(number)s · %(title)s, paid", number=bill.number, title=bill.title)
    return words.t(
        "For %(number)s · %(title)s, left to pay %(rest)s",
        number=bill.number,
        title=bill.title,
        rest=words.money(bill.rest),
    )


def _reference(words: Words, view: PaymentView, at: Stage) -> Html:
    if not view.attempts:
        return Html("")
    if at is Stage.KEPT_APART:
        return apart.reference(words, view.payment)
    reference = view.attempts[-1].reference
    return words.t("Reference <code>%(reference)s</code>", reference=reference)


def _why_not(words: Words, attempt: Attempt, provider: str) -> Html:
    """Return why nothing was taken: a phone says other things than a card."""
    said = prompts.why_not(words, attempt.error, provider) if attempt.is_prompt else None
    return said or why(words, attempt.error, provider)


def why(words: Words, error: ProviderError | None, provider: str) -> Html:
    """Return why a provider took no money."""
    match error:
        case ProviderError.INSUFFICIENT_FUNDS:
            return words.t("There is not enough money on the card or account.")
        case ProviderError.INVALID_CARD:
            return words.t("The card number or code was not right.")
        case ProviderError.EXPIRED_CARD:
            return words.t("The card has expired.")
        case ProviderError.DECLINED_CARD:
            return words.t("Your bank declined the card.")
        case ProviderError.AUTHENTICATION_ERROR:
            return words.t("%(provider)s refused the request.", provider=provider)
        case _:
            return words.t("%(provider)s has trouble now.", provider=provider)


def _live_rows(words: Words, view: PaymentView, at: Stage) -> Rows:
    payment = view.payment
    check = Button(label=words.label("Check now"), data=f"pay:check:{payment.id}")
    cancel = Button(label=words.label("Cancel payment"), data=view.cancel)
    cancels = (cancel,) if view.cancel else ()
    back = doors.WALLET if view.bill is None else doors.bill(view.bill.id)
    last = (Button(label=words.label("Back"), data=back),)
    if at in {Stage.PREPARING, Stage.WAITING}:
        link = view.attempts[-1].link if view.attempts and at is Stage.WAITING else ""
        page = ((pages.door(words, view.attempts[-1].provider, link),),) if link else ()
        return (*page, (check, *cancels), last)
    if at is Stage.CHECKING:
        return ((check,), *_other_ways(words, view, at), last)
    if at is Stage.KEPT_APART:
        return (*_proofs(words, view), (apart.support(words),), last)
    if at is Stage.PAID:
        return (*_proofs(words, view), *charges.keep_row(words, view.keep), last)
    return (*_other_ways(words, view, at), last)


def _proofs(words: Words, view: PaymentView) -> Rows:
    return tuple(
        (
            Button(
                label=words.label("Show %(number)s", number=receipt.number),
                data=doors.receipt(receipt.id),
            ),
        )
        for receipt in view.receipts
    )


def _other_ways(words: Words, view: PaymentView, at: Stage) -> Rows:
    rows: list[tuple[Button, ...]] = []
    for provider, data in view.retries:
        label = words.label("Try again by %(provider)s", provider=provider_name(provider))
        rows.append((Button(label=label, data=data),))
    bill = view.bill
    is_over = at not in {Stage.DECLINED, Stage.CHECKING}
    if is_over and bill is not None and bill.is_payable:
        target = f"{bill.id}.{bill.revision}"
        rows.append((Button(label=words.label("Try again"), data=f"pay:link:{target}"),))
    if is_over and bill is None:
        rows.append((Button(label=words.label("Try again"), data=doors.TOP_UP),))
    if view.wallet:
        rows.append((Button(label=words.label("Pay from wallet"), data=view.wallet),))
    if view.cancel:
        rows.append((Button(label=words.label("Cancel payment"), data=view.cancel),))
    return tuple(rows)
