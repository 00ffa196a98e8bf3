"""Money that came in and is not what was asked: told to its payer and to staff. Pure.

Both read one reference, the end of the payment's token, by which staff find the money.
"""

from core.domain.money import Money
from core.domain.payments import Payment
from handlers.chat import Button, Screen
from handlers.screens import doors
from handlers.screens.references import tail
from handlers.words import Html, Words, lines


def story(words: Words, payment: Payment, *, provider: str) -> tuple[Html, ...]:
    """Return what the payer's live screen says of it."""
    return (
        words.t(
            "⚠️ What reached %(provider)s is not the %(amount)s that was asked: it is kept apart "
            "and was not credited.",
            provider=provider,
            amount=words.money(payment.amount),
        ),
        words.t("Your administrators were told. Do not pay again; ask them, with this reference."),
    )


def reference(words: Words, payment: Payment) -> Html:
    """Return what the payer names when he asks."""
    return words.t("Reference <code>%(reference)s</code>", reference=tail(payment.token))


def support(words: Words) -> Button:
    """Lead the payer to whom he asks."""
    return Button(label=words.label("Support"), data=doors.SUPPORT)


def to_staff(words: Words, payment: Payment, *, amount: Money, provider: str) -> Screen:
    """Tell staff of money that fits nothing."""
    text = lines(
        words.t(
            "⚠️ Unmatched money: %(amount)s came in at %(provider)s and disagrees with what "
            "was asked (%(asked)s, %(token)s).",
            amount=words.money(amount),
            provider=provider,
            asked=words.money(payment.amount),
            token=tail(payment.token),
        ),
        words.t("It is kept apart and nobody was credited."),
    )
    desk = Button(label=words.label("Desk"), data=doors.DESK)
    return Screen(html=text, rows=((desk,),), is_proof=True)


def to_payer(words: Words, payment: Payment, *, amount: Money, provider: str) -> Screen:
    """Tell the payer that what came in is not what was asked, and who looks at it."""
    text = lines(
        words.t(
            "⚠️ %(amount)s reached %(provider)s for your payment of %(asked)s.",
            amount=words.money(amount),
            provider=provider,
            asked=words.money(payment.amount),
        ),
        words.t(
            "It is not what was asked, so it was not credited: it is kept apart, and your "
            "administrators were told. Do not pay again; ask them, with this reference."
        ),
        reference(words, payment),
    )
    return Screen(html=text, rows=((support(words),),), is_proof=True)
