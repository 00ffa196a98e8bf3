"""The tour of the demo estate: the story that a newcomer follows, step by step."""

from typing import Final

from bot.sandbox.estate import ADAEZE, BOLA, CHIDI, IBRAHIM, NEWCOMER, TIMEZONE
from bot.sandbox.story import Mark, Move, Story, StoryStep

STEPS: Final = (
    StoryStep(
        title="Say yes, then pay",
        text=(
            "Bola has just billed Adaeze's flat. Acknowledge the bill, pay it from her wallet,"
            " and see the receipt."
        ),
        person_id=ADAEZE,
        moves=(
            Move(say="/bills"),
            Move(tap="BILL-"),
            Move(tap="Acknowledge & pay"),
            Move(tap="Pay from wallet"),
            Move(tap="Full"),
            Move(tap="Pay 5,000.00"),
        ),
        marks=(
            Mark(label="acknowledged", facts=(f"{ADAEZE} bill.acknowledgment:acknowledged",)),
            Mark(label="paid", facts=(f"{ADAEZE} journal:bill_payment",)),
        ),
    ),
    StoryStep(
        title="Pay by link",
        text=(
            "Ibrahim's wallet is empty. Let him pay by link: on the checkout page you pay, are"
            " declined, or pay a wrong amount."
        ),
        person_id=IBRAHIM,
        moves=(
            Move(say="/bills"),
            Move(tap="BILL-"),
            Move(tap="Acknowledge & pay"),
            Move(tap="Pay by link"),
            Move(tap="Full"),
            Move(tap="Pay 5,000.00"),
            Move(tap="Open payment page"),
        ),
        marks=(
            Mark(label="link made", facts=(f"{IBRAHIM} attempt:created",)),
            Mark(label="money arrived", facts=("attempt:settled",)),
        ),
    ),
    StoryStep(
        title="See the books",
        text="Chidi keeps the money. Every naira is there, with a reason.",
        person_id=CHIDI,
        moves=(Move(say="/report"),),
        # The sandbox begins with one report that nobody asked for.
        marks=(Mark(label="report read", facts=(f"{CHIDI} asked report",), times=2),),
    ),
    StoryStep(
        title="Answer a dispute",
        text="Ibrahim says his water bill is wrong. Bola amends it, or says no.",
        person_id=BOLA,
        moves=(
            Move(say="/desk"),
            Move(tap="Open D-"),
            Move(tap="Open dispute"),
            Move(tap="Amend"),
            Move(say="1,800", after="Write the new total"),
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
        text="Bola bills A-14; Adaeze and her husband Emeka hear of it at once.",
        person_id=BOLA,
        moves=(
            Move(say="/newbill"),
            Move(say="A-14", after="Who is it for?"),
            Move(tap="A-14"),
            Move(tap="Power"),
            Move(tap="Use this title"),
            Move(say="2,500", after="How much?"),
            Move(tap="In 7 days"),
            Move(tap="No note"),
            Move(tap="Issue"),
        ),
        marks=(Mark(label="sent", facts=(f"{BOLA} bill.life:open",)),),
    ),
    StoryStep(
        title="Look at all you owe",
        text="Adaeze sees what waits for her OK, what to pay, what is overdue or paid.",
        person_id=ADAEZE,
        moves=(Move(say="/bills"),),
        marks=(Mark(label="looked", facts=(f"{ADAEZE} asked bills",)),),
    ),
    StoryStep(
        title="Let somebody in",
        text="Bola invites Ngozi by a link. Ngozi opens it in her own chat, and is in.",
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
"""The story's steps, in order."""


def story() -> Story:
    """Return the story a newcomer follows."""
    return Story(
        title="Start here",
        timezone=TIMEZONE,
        intro=(
            "You play everybody at Palm Court Estate, Lagos: each chat is one person's phone."
            " Follow the steps or wander off. The bot is the real one, the money is not."
        ),
        steps=STEPS,
    )
