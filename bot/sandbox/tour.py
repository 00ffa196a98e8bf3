"""The tour of the demo estate: the story that a newcomer follows, step by step."""

from dataclasses import replace
from typing import Final

from bot.sandbox.estate import ADAEZE, BOLA, CHIDI, EMEKA, IBRAHIM, NEWCOMER, first_name
from bot.sandbox.places import LAGOS, Place
from bot.sandbox.story import Mark, Move, Story, StoryStep

_STEPS: Final = (
    StoryStep(
        title="Say yes, then pay",
        text=(
            "{bola} has just billed {adaeze}'s flat. Acknowledge the bill, pay it from her wallet,"
            " and see the receipt."
        ),
        person_id=ADAEZE,
        moves=(
            Move(say="/bills"),
            Move(tap="BILL-"),
            Move(tap="Acknowledge & pay"),
            Move(tap="Pay from wallet"),
            Move(tap="Full"),
            Move(tap="Pay {fee}.00"),
        ),
        marks=(
            Mark(label="acknowledged", facts=(f"{ADAEZE} bill.acknowledgment:acknowledged",)),
            Mark(label="paid", facts=(f"{ADAEZE} journal:bill_payment",)),
        ),
    ),
    StoryStep(
        title="Pay by link",
        text=(
            "{ibrahim}'s wallet is empty. Let him pay by link: on the checkout page you pay, are"
            " declined, or pay a wrong amount.{hint}"
        ),
        person_id=IBRAHIM,
        moves=(
            Move(say="/bills"),
            Move(tap="BILL-"),
            Move(tap="Acknowledge & pay"),
            Move(tap="Pay by link"),
            Move(tap="Full"),
            Move(tap="Pay {fee}.00"),
            Move(tap="Open payment page"),
        ),
        marks=(
            Mark(label="link made", facts=(f"{IBRAHIM} attempt:created",)),
            Mark(label="money arrived", facts=("attempt:settled",)),
        ),
    ),
    StoryStep(
        title="See the books",
        text="{chidi} keeps the money. Every {unit} is there, with a reason.",
        person_id=CHIDI,
        moves=(Move(say="/report"),),
        # The sandbox begins with one report that nobody asked for.
        marks=(Mark(label="report read", facts=(f"{CHIDI} asked report",), times=2),),
    ),
    StoryStep(
        title="Answer a dispute",
        text="{ibrahim} says his water bill is wrong. {bola} amends it, or says no.",
        person_id=BOLA,
        moves=(
            Move(say="/desk"),
            Move(tap="Open D-"),
            Move(tap="Open dispute"),
            Move(tap="Amend"),
            Move(say="{water}", after="Write the new total"),
            Move(say="You are right: it is half.", after="What is your answer?"),
            Move(tap="Confirm new total"),
        ),
        marks=(
            Mark(
                label="answered",
                facts=(
                    "dispute:amended",
                    "dispute:rejected",
                    "dispute:cancelled_bill",
                    "dispute:withdrawn",
                ),
            ),
        ),
    ),
    StoryStep(
        title="Send a bill",
        text="{bola} bills A-14; {adaeze} and her husband {emeka} hear of it at once.",
        person_id=BOLA,
        moves=(
            Move(say="/newbill"),
            Move(say="A-14", after="Who is it for?"),
            Move(tap="A-14"),
            Move(tap="Power"),
            Move(tap="Use this title"),
            Move(say="{power}", after="How much?"),
            Move(tap="In 7 days"),
            Move(tap="No note"),
            Move(tap="Issue"),
        ),
        marks=(Mark(label="sent", facts=(f"{BOLA} bill.life:open",)),),
    ),
    StoryStep(
        title="Look at all you owe",
        text="{adaeze} sees what waits for her OK, what to pay, what is overdue or paid.",
        person_id=ADAEZE,
        moves=(Move(say="/bills"),),
        marks=(Mark(label="looked", facts=(f"{ADAEZE} asked bills",)),),
    ),
    StoryStep(
        title="Let somebody in",
        text="{bola} invites {newcomer} by a link. {newcomer} opens it in her own chat, and is in.",
        person_id=BOLA,
        moves=(
            Move(say="/people"),
            Move(tap="Invite somebody"),
            Move(tap="Resident"),
            Move(say="C-01", after="Which unit?"),
            Move(tap="Make the link without a phone"),
            Move(opener_id=NEWCOMER),
        ),
        marks=(
            Mark(label="invited", facts=(f"{BOLA} invitation:open",)),
            Mark(label="joined", facts=("membership:active",)),
        ),
    ),
    StoryStep(
        title="Break it",
        text=(
            "Begin a payment, kill the bot in the middle and start it again: it goes on, and pays"
            " once. Tap twice, press old buttons, let the provider lie (Trouble), look Inside."
        ),
        person_id=ADAEZE,
        moves=(Move(shows="bot"),),
        marks=(
            Mark(label="killed", facts=("killed",)),
            Mark(label="back again", facts=("is back",)),
        ),
    ),
)
"""In order; names and amounts are filled in, those of Lagos in kobo."""


def steps(place: Place = LAGOS) -> tuple[StoryStep, ...]:
    """Return the story's steps, in order, as they are told there."""
    words = {
        "fee": place.written(500_000),
        "water": place.written(180_000),
        "power": place.written(250_000),
        "unit": place.unit,
        "hint": place.hint,
        "adaeze": first_name(ADAEZE, place),
        "bola": first_name(BOLA, place),
        "chidi": first_name(CHIDI, place),
        "emeka": first_name(EMEKA, place),
        "ibrahim": first_name(IBRAHIM, place),
        "newcomer": first_name(NEWCOMER, place),
    }
    return tuple(
        replace(
            step,
            text=step.text.format(**words),
            moves=tuple(
                replace(move, tap=move.tap.format(**words), say=move.say.format(**words))
                for move in step.moves
            ),
        )
        for step in _STEPS
    )


def story(place: Place = LAGOS) -> Story:
    """Return the story a newcomer follows."""
    return Story(
        title="Start here",
        timezone=place.timezone,
        intro=(
            f"You play everybody at Palm Court Estate, {place.city}: each chat is one person's"
            " phone. Follow the steps or wander off. The bot is the real one, the money is not."
        ),
        steps=steps(place),
    )
