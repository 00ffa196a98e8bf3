"""Topping up: how much, and through which provider."""

from collections.abc import Collection, Mapping, Sequence

from core.domain.money import Currency, Money
from core.domain.tenants import FeeBearer, Tenant
from handlers.chat import Button, Screen
from handlers.screens import doors, prompts
from handlers.screens.charges import NO_CHARGE, Charge, charge_line, pin_row
from handlers.screens.home import back_row
from handlers.screens.payments import fee_sentence, provider_name
from handlers.words import Html, Words, lines


def amounts(
    words: Words,
    tenant: Tenant,
    *,
    available: Money,
    chips: Sequence[tuple[Money, str]],
    reaching: Mapping[str, bool],
    note: Html | None = None,
) -> Screen:
    """Offer amounts; `chips` are (amount, button's data), `note` is a finished line on top.

    `reaching` says of each provider whether it asks on the payer's phone.
    """
    html = lines(
        note or "",
        words.t("<b>Top up your wallet</b> · %(tenant)s", tenant=tenant.name),
        words.t("Available now: %(amount)s", amount=words.money(available)),
        words.t("How much do you want to add?"),
        *_how(words, reaching),
        _fee(words),
        words.t("Press an amount, or write one."),
    )
    buttons = tuple(
        Button(label=words.label("Top up %(amount)s", amount=words.money(amount)), data=data)
        for amount, data in chips
    )
    other = Button(label=words.label("Other amount"), data="wallet:other")
    rows = (*((each,) for each in buttons), (other,), back_row(words, doors.WALLET))
    return Screen(html=html, rows=rows)


def ask_amount(words: Words, currency: Currency) -> Screen:
    """Ask for an amount in words of the person."""
    html = lines(
        words.t("<b>Top up: how much?</b>"),
        words.t(
            "Write the amount in %(currency)s, for example 5000 or 5,000.00 or 5k.",
            currency=currency,
        ),
    )
    rows = (
        (
            Button(label=words.label("Back"), data=doors.TOP_UP),
            Button(label=words.label("Cancel"), data=doors.LEAVE),
        ),
    )
    return Screen(html=html, rows=rows)


def choose(
    words: Words,
    tenant: Tenant,
    *,
    amount: Money,
    available: Money,
    ways: Sequence[tuple[str, str]],
    phones: Collection[str] = (),
    about: Html | None = None,
    note: Html | None = None,
    charge: Charge = NO_CHARGE,
) -> Screen:
    """Show the amount back before anything is opened; `ways` are (provider, button's data).

    `phones` are those of them that ask on the payer's phone instead of a page. `about` are finished
    lines on the providers, `note` is one on top; `charge` is the saved method that is offered.
    """
    method, pressed = charge.method, charge.pay
    html = lines(
        note or "",
        words.t("<b>Top up %(amount)s</b>", amount=words.money(amount)),
        words.t("Into your wallet at %(tenant)s", tenant=tenant.name),
        words.t("Available now: %(amount)s", amount=words.money(available)),
        lines(_fee(words), _before(words, ways, phones)),
        about or "",
        words.t("%(method)s is charged at once, without a page.", method=method) if pressed else "",
        charge_line(words, charge),
    )
    figure = words.money(amount)
    label = words.label("Pay %(amount)s with %(method)s", amount=figure, method=method)
    saved = ((Button(label=label, data=pressed),),) if pressed else ()
    rows = tuple(
        (Button(label=_label(words, provider, figure), data=data),) for provider, data in ways
    )
    last = (
        Button(label=words.label("Change"), data=doors.TOP_UP),
        Button(label=words.label("Cancel"), data=doors.LEAVE),
    )
    return Screen(html=html, rows=(*saved, *rows, *pin_row(words, charge), last))


def _how(words: Words, reaching: Mapping[str, bool]) -> tuple[Html, ...]:
    """Say what will happen: a page opens, or the phone asks."""
    page = words.t("You pay it by link, on the provider's page.")
    asking = [prompts.way(words, provider_name(each)) for each in reaching if reaching[each]]
    return (*asking, page if not all(reaching.values()) else Html(""))


def _before(words: Words, ways: Sequence[tuple[str, str]], phones: Collection[str]) -> Html:
    """Say until when nothing is taken."""
    if not phones:
        return words.t("Nothing is taken before you pay on the page.")
    if all(provider in phones for provider, _ in ways):
        return words.t("Nothing is taken before you enter your PIN on your phone.")
    return words.t("Nothing is taken before you pay on the page, or enter your PIN on your phone.")


def _label(words: Words, provider: str, amount: Html) -> str:
    name = provider_name(provider)
    return words.label("Pay %(amount)s by %(provider)s", amount=amount, provider=name)


def _fee(words: Words) -> Html:
    """Say that a top-up's fee is the payer's: the organisation gets nothing of it."""
    return fee_sentence(words, FeeBearer.PAYER)
