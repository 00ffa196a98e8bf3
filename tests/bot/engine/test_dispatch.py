"""Whatever a person does finds its one door, and a refusal undoes the flow and nothing else."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.engine.dispatch import Dispatcher, doors_of
from bot.engine.pace import Pace
from core.domain.dialogues import DIALOGUE_LIFE, Dialogue, Intent, IntentKey, IntentStatus
from core.domain.errors import (
    InvalidInput,
    InvariantBroken,
    NotAllowed,
    PinLocked,
    Refusal,
    StaleState,
)
from core.domain.tenants import PLATFORM
from core.ports import Transaction
from core.use_cases import people
from handlers.chat import Chat, Did, Incoming, Reply, Screen, Sender, Show, Step
from handlers.visit import IntentRoute, Routes, Visit
from handlers.words import Html
from storage.transaction import SqlTransaction
from tests.factories import Books, add_person, open_books

ADA = Sender(external_id=501, name="Ada", language="en")
HERE = Chat(id=501, is_private=True)
GROUP = Chat(id=-100, is_private=False)
KEY = IntentKey("intent-key-of-22-signs")


class Room:
    """A capability that notes every visit and does what it is told."""

    def __init__(self) -> None:
        self.visits: list[tuple[str, Visit]] = []
        self.refusals: list[Exception] = []
        self.reply = Reply(screen=Screen(html=Html("Well")), show=Show.SEND)

    def door(self, name: str) -> Any:
        def flow(tx: Transaction, visit: Visit) -> Reply:
            self.visits.append((name, visit))
            person = tx.people.person(visit.person.id)
            if self.refusals:
                tx.people.replace_person(person, person.count_try(at=tx.now))
                raise self.refusals.pop(0)
            return self.reply

        return flow

    @property
    def routes(self) -> Routes:
        return Routes(
            name="room",
            commands={"menu": self.door("menu"), "start": self.door("start")},
            aliases={"m": self.door("alias")},
            presses={"open": self.door("open")},
            intents={
                "room.do": IntentRoute(flow=self.door("do")),
                "room.pay": IntentRoute(flow=self.door("pay"), moves_money=True),
            },
            steps={"room.ask": self.door("ask")},
            links={"i": self.door("link")},
        )

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.visits]


class House:
    """The dispatcher with one room, on a real file."""

    def __init__(self, books: Books, *, pace: Pace | None = None) -> None:
        self.books = books
        self.room = Room()
        self.dispatcher = Dispatcher([self.room.routes], bot_username="bot", pace=pace)

    def does(
        self, did: Did, *, sender: Sender = ADA, chat: Chat = HERE, **what: Any
    ) -> Reply | None:
        incoming = Incoming(did=did, sender=sender, chat=chat, **what)
        return self.books.run(lambda tx: self.dispatcher.answer(tx, incoming))

    def presses(self, data: str, *, sender: Sender = ADA) -> Reply | None:
        return self.does(Did.PRESS, sender=sender, data=data, message_id=9, press_id="p")

    def offers(self, *, verb: str = "room.do", telegram_id: int = 501) -> None:
        def offer(tx: SqlTransaction) -> None:
            owner = add_person(tx, telegram_id=telegram_id)
            tx.dialogues.add_intent(
                Intent(
                    key=KEY,
                    tenant_id=PLATFORM,
                    owner_id=owner.id,
                    verb=verb,
                    expires_at=tx.now + timedelta(days=7),
                )
            )

        self.books.run(offer)

    def waits(self, step: str = "room.ask") -> None:
        """Let somebody be in a dialogue."""

        def put(tx: SqlTransaction) -> None:
            person, _ = people.meet(tx, channel="telegram", external_id=501, name="Ada")
            life = tx.now + DIALOGUE_LIFE
            tx.dialogues.put_dialogue(
                Dialogue(
                    chat_id=501, person_id=person.id, step=step, data={"n": 1}, expires_at=life
                )
            )

        self.books.run(put)

    @property
    def step(self) -> str:
        def look(tx: SqlTransaction) -> str:
            known = tx.people.identity_of("telegram", 501)
            found = tx.dialogues.dialogue(501, known.person_id) if known else None
            return found.step if found else ""

        return self.books.run(look)

    @property
    def intent(self) -> IntentStatus:
        found = self.books.run(lambda tx: tx.dialogues.intent(KEY))
        assert found is not None
        return found.status

    def tries(self) -> int:
        known = self.books.run(lambda tx: tx.people.identity_of("telegram", 501))
        assert known is not None
        return self.books.run(lambda tx: tx.people.person(known.person_id)).pin_failures


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    books = open_books(tmp_path)
    yield House(books)
    books.close()


def test_two_rooms_may_not_share_a_door() -> None:
    with pytest.raises(InvariantBroken):
        doors_of([Room().routes, Room().routes])


@pytest.mark.parametrize(
    ("command", "text", "name", "argument"),
    [
        ("menu", "", "menu", ""),
        ("m", "x", "alias", "x"),
        ("start", "", "start", ""),
        ("start", "i_abc", "link", "abc"),
        ("start", "menu", "menu", "menu"),
        ("start", "nonsense", "start", "nonsense"),
        ("start", "_", "start", "_"),
    ],
)
def test_commands_and_links_find_their_door(
    house: House, command: str, text: str, name: str, argument: str
) -> None:
    house.does(Did.COMMAND, command=command, text=text)
    assert house.room.names == [name]
    assert house.room.visits[0][1].argument == argument


def test_an_unknown_command_is_answered(house: House) -> None:
    reply = house.does(Did.COMMAND, command="dance")
    assert reply is not None
    assert reply.screen is not None
    assert "dance" in reply.screen.html


@pytest.mark.parametrize("data", ["", "x", "room", "room:none:1", "i:", "i:unknown", ":::"])
def test_a_press_on_an_unknown_button_is_a_stale_card(house: House, data: str) -> None:
    reply = house.presses(data)
    assert reply is not None
    assert reply.screen is not None
    assert house.room.names == []


def test_navigation_carries_its_argument(house: House) -> None:
    house.presses("room:open:12:x")
    assert house.room.visits[0][1].argument == "12:x"


def test_a_button_is_spent_once_and_answers_the_same_for_ever(house: House) -> None:
    house.offers()
    house.presses(f"i:{KEY}")
    again = house.presses(f"i:{KEY}")
    assert (house.room.names, house.intent) == (["do"], IntentStatus.DONE)
    assert again is not None
    assert again.screen is not None
    assert again.screen.html == "Well"


def test_somebody_elses_button_does_nothing_and_stays(house: House) -> None:
    house.offers(telegram_id=502)
    house.presses(f"i:{KEY}")
    assert (house.room.names, house.intent) == ([], IntentStatus.OPEN)


def test_a_button_of_an_older_version_is_a_stale_card(house: House) -> None:
    house.offers(verb="room.gone")
    house.presses(f"i:{KEY}")
    assert house.room.names == []


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (NotAllowed(scope="x"), IntentStatus.REFUSED),
        (InvalidInput(what="amount", example="1"), IntentStatus.OPEN),
    ],
)
def test_a_refusal_undoes_the_flow_and_says_so(
    house: House, refusal: Refusal, status: IntentStatus
) -> None:
    house.offers()
    house.room.refusals = [refusal]
    reply = house.presses(f"i:{KEY}")
    assert reply is not None
    assert reply.screen is not None
    assert (house.intent, house.tries()) == (status, 0)


def test_what_passes_leaves_the_button(house: House) -> None:
    house.offers()
    house.room.refusals = [PinLocked(until=house.books.clock.now() + timedelta(minutes=5))]
    house.presses(f"i:{KEY}")
    assert house.intent is IntentStatus.OPEN


def test_stale_state_is_tried_once_more_and_then_a_stale_card(house: House) -> None:
    house.room.refusals = [StaleState()]
    house.does(Did.COMMAND, command="menu")
    assert (house.room.names, house.tries()) == (["menu", "menu"], 0)
    house.room.refusals = [StaleState(), StaleState()]
    reply = house.does(Did.COMMAND, command="menu")
    assert reply is not None
    assert len(house.room.names) == 4


def test_a_refusal_after_stale_state_is_worded(house: House) -> None:
    house.room.refusals = [StaleState(), NotAllowed(scope="x")]
    assert house.does(Did.COMMAND, command="menu") is not None


def test_words_go_to_the_open_step(house: House) -> None:
    house.waits()
    house.does(Did.TEXT, text="5000")
    assert house.room.names == ["ask"]
    assert house.room.visits[0][1].data == {"n": 1}


def test_words_without_a_dialogue_open_the_menu(house: House) -> None:
    house.does(Did.TEXT, text="hello")
    assert house.room.names == ["menu"]


def test_a_step_is_kept_until_a_reply_ends_it(house: House) -> None:
    house.room.reply = Reply(step=Step(name="room.ask"))
    house.does(Did.COMMAND, command="menu")
    assert house.step == "room.ask"
    house.room.reply = Reply(ends_dialogue=True)
    house.does(Did.TEXT, text="x")
    assert house.step == ""


@pytest.mark.parametrize(
    ("refusal", "step"),
    [(InvalidInput(what="amount", example="1"), "room.ask"), (NotAllowed(scope="x"), "")],
)
def test_what_can_be_asked_again_keeps_the_dialogue_and_all_else_ends_it(
    house: House, refusal: Refusal, step: str
) -> None:
    house.waits()
    house.room.refusals = [refusal]
    house.does(Did.TEXT, text="x")
    assert house.step == step


def test_a_dialogue_that_expired_says_so_once(house: House) -> None:
    house.waits()
    house.books.clock.move(minutes=15)
    reply = house.does(Did.TEXT, text="5000")
    assert reply is not None
    assert (house.room.names, house.step) == ([], "")


def test_a_dialogue_of_an_older_version_is_dropped(house: House) -> None:
    house.waits("room.gone")
    assert house.does(Did.TEXT, text="5000") is not None
    assert (house.room.names, house.step) == ([], "")


def test_a_command_leaves_the_dialogue_and_is_told_so(house: House) -> None:
    house.waits()
    house.does(Did.COMMAND, command="menu")
    assert house.step == ""
    assert house.room.visits[0][1].data == {"left": "room.ask"}


def test_money_stays_out_of_groups(house: House) -> None:
    assert house.does(Did.TEXT, chat=GROUP, text="balance") is None
    press = house.does(Did.PRESS, chat=GROUP, data="room:open:1", press_id="p")
    command = house.does(Did.COMMAND, chat=GROUP, command="wallet")
    assert press is not None
    assert command is not None
    assert (press.screen, bool(press.toast), command.screen is not None) == (None, True, True)
    assert house.room.names == []


def test_nobody_in_particular_is_answered_only_when_he_commands(house: House) -> None:
    nobody = Sender(external_id=1087968824, name="Group", is_anonymous=True)
    for did in (Did.TEXT, Did.OTHER, Did.FILE):
        assert house.does(did, sender=nobody, chat=GROUP, text="hi") is None
    assert house.does(Did.COMMAND, sender=nobody, chat=GROUP, command="pay") is not None
    known = house.books.run(lambda tx: tx.people.identity_of("telegram", 1087968824))
    assert known is None


@pytest.mark.parametrize(("chat", "is_reachable"), [(HERE, False), (GROUP, True)])
def test_only_a_block_in_private_makes_a_person_unreachable(
    house: House, chat: Chat, *, is_reachable: bool
) -> None:
    house.does(Did.COMMAND, command="menu")
    assert house.does(Did.BLOCKED, chat=chat) is None
    known = house.books.run(lambda tx: tx.people.identity_of("telegram", 501))
    assert known is not None
    assert known.is_reachable is is_reachable


def test_who_comes_back_is_reachable_again(house: House) -> None:
    house.does(Did.COMMAND, command="menu")
    house.does(Did.BLOCKED)
    house.does(Did.COMMAND, command="menu")
    known = house.books.run(lambda tx: tx.people.identity_of("telegram", 501))
    assert known is not None
    assert known.is_reachable


def test_who_is_too_fast_is_told_once_and_then_in_toasts(tmp_path: Path) -> None:
    books = open_books(tmp_path)
    house = House(books, pace=Pace(limit=1))
    house.does(Did.TEXT, text="1")
    told = house.does(Did.TEXT, text="2")
    silent = house.does(Did.TEXT, text="3")
    press = house.presses("room:open:1")
    books.close()
    assert told is not None
    assert told.screen is not None
    assert silent is None
    assert press is not None
    assert press.toast
    assert house.room.names == ["menu"]


@pytest.mark.parametrize(("verb", "done"), [("room.pay", []), ("room.do", ["do"])])
def test_money_moves_at_most_so_often_and_the_button_stays(
    tmp_path: Path, verb: str, done: list[str]
) -> None:
    books = open_books(tmp_path)
    house = House(books, pace=Pace(money_limit=0))
    house.offers(verb=verb)
    told = house.presses(f"i:{KEY}")
    intent = books.run(lambda tx: tx.dialogues.intent(KEY))
    books.close()
    assert told is not None
    assert told.screen is not None
    assert ("moved money ten times within a minute" in told.screen.html) is (not done)
    assert intent is not None
    assert (intent.status is IntentStatus.OPEN) is (not done)
    assert house.room.names == done
