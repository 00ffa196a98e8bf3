"""Palm Court with its people: Ada and Tunde in A-14, Bello who runs it; they hear their notices."""

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

from bot.application import CAPABILITIES
from bot.engine.dispatch import Dispatcher
from core.domain.acts import Cause, CauseKind, Event, EventName
from core.domain.bills import Bill, BillId, BillType
from core.domain.errors import NotJoined
from core.domain.ledger import Subject
from core.domain.money import Money
from core.domain.payments import Attempt
from core.domain.people import NO_UNIT, PersonId, Role
from core.domain.providers import Outcome, Settled
from core.use_cases.bills import issue_bill
from core.use_cases.links import begin_call, record_answer
from core.use_cases.people import actor_of, choose_tenant
from handlers.chat import Chat, Did, Incoming, Reply
from handlers.notices import NOTICES
from handlers.visit import Reader
from handlers.words import Words
from storage.transaction import SqlTransaction
from tests.factories import (
    NGN,
    add_configuration,
    add_member,
    add_person,
    add_tenant,
    add_unit,
    add_wallet,
    naira,
    top_up,
)
from tests.handlers.chatting import BOT, Talker, World

CALL: Final = Cause(kind=CauseKind.CALL, reference="test")


class Telling(Dispatcher):
    """A dispatcher that remembers who is to be told of what."""

    def __init__(self) -> None:
        super().__init__(CAPABILITIES, bot_username=BOT)
        self.told: list[tuple[Event, PersonId]] = []

    def answer(self, tx: SqlTransaction, incoming: Incoming) -> Reply | None:
        reply = super().answer(tx, incoming)
        self.hear(tx)
        return reply

    def after_pin(self, tx: SqlTransaction, incoming: Incoming, **what: Any) -> Reply:
        reply = super().after_pin(tx, incoming, **what)
        self.hear(tx)
        return reply

    def hear(self, tx: SqlTransaction) -> None:
        for event in tx.events:
            notice = NOTICES.get(event.name)
            if notice is not None:
                people = dict.fromkeys(notice.recipients(tx, event))
                self.told += [(event, PersonId(person_id)) for person_id in people]


class Estate(World):
    """An estate in Lagos with one flat, a household of two, an administrator and a provider."""

    def __init__(self, tmp_path: Path, **tenant: Any) -> None:
        super().__init__(tmp_path)
        self.telling = Telling()
        self.dispatcher = self.telling
        self.ada = self.person("Ada", 1001)
        self.tunde = self.person("Tunde", 1002)
        self.bello = self.person("Mrs Bello", 1003)
        self.people: dict[PersonId, Talker] = {}
        self.run(lambda tx: self._build(tx, tenant))

    def _build(self, tx: SqlTransaction, changes: dict[str, Any]) -> None:
        self.tenant = add_tenant(tx, name="Palm Court", **changes)
        self.home = add_unit(tx, self.tenant, code="A-14")
        add_wallet(tx, self.tenant)
        for talker, role in (
            (self.ada, Role.RESIDENT),
            (self.tunde, Role.RESIDENT),
            (self.bello, Role.ADMIN),
        ):
            person = add_person(tx, name=talker.sender.name, telegram_id=talker.sender.external_id)
            unit_id = self.home.id if role is Role.RESIDENT else NO_UNIT
            add_member(tx, self.tenant, person, roles=(role,), unit_id=unit_id)
            choose_tenant(tx, person_id=person.id, tenant_id=self.tenant.id)
            self.people[person.id] = talker
        self.sandbox = add_configuration(tx, self.tenant)

    def treasurer(self, *, pin: str = "4829") -> Talker:
        """Let Kemi join, who keeps the books; `pin` is "" for none yet."""
        talker = self.person("Kemi", 1099)

        def act(tx: SqlTransaction) -> None:
            person = add_person(tx, name=talker.sender.name, telegram_id=talker.sender.external_id)
            add_member(tx, self.tenant, person, roles=(Role.FINANCE,))
            choose_tenant(tx, person_id=person.id, tenant_id=self.tenant.id)
            self.people[person.id] = talker

        self.run(act)
        if pin:
            self.set_pin(talker, pin)
        return talker

    def fill(self, talker: Talker, minor: int) -> None:
        """Put money into somebody's wallet."""
        person = talker.person

        def act(tx: SqlTransaction) -> None:
            found = tx.wallets.find(tenant_id=self.tenant.id, owner_id=person.id, currency=NGN)
            wallet = found or add_wallet(tx, self.tenant, owner_id=person.id)
            top_up(tx, self.tenant, wallet, minor)

        self.run(act)

    def balance(self, talker: Talker | None) -> Money:
        """Return what somebody's wallet holds; the tenant's for None."""
        owner_id = 0 if talker is None else talker.person.id

        def look(tx: SqlTransaction) -> Money:
            found = tx.wallets.find(tenant_id=self.tenant.id, owner_id=owner_id, currency=NGN)
            return naira(0) if found is None else tx.ledger.get(found.account_id).balance

        return self.run(look)

    def bill(self, *, minor: int = 500_000, is_acknowledged: bool = False, **what: Any) -> Bill:
        """Let Mrs Bello issue a bill to A-14, without anybody being told."""
        bello = self.bello.person

        def act(tx: SqlTransaction) -> Bill:
            actor = actor_of(tx, person_id=bello.id, tenant_id=self.tenant.id)
            issued = issue_bill(
                tx,
                actor=actor,
                **{
                    "unit_id": self.home.id,
                    "type_": BillType.SERVICE_CHARGE,
                    "title": "Service charge",
                    "total": naira(minor),
                    "due_on": date(2026, 3, 16),
                    **what,
                },
            )
            if is_acknowledged:
                tx.bills.replace(issued, issued.acknowledge(revision=1))
            return tx.bills.get(issued.id)

        return self.run(act)

    def now_of(self, bill: Bill) -> Bill:
        """Return a bill as it stands."""
        return self.run(lambda tx: tx.bills.get(BillId(bill.id)))

    def happens(self, talker: Talker, incoming: Incoming) -> None:
        """Let one thing happen, and everybody hear of it."""
        super().happens(talker, incoming)
        self.deliver()

    def last_attempt(self) -> Attempt:
        """Return the newest attempt with a provider."""

        def look(tx: SqlTransaction) -> Attempt:
            tx.cursor.execute("SELECT max(id) FROM attempt")
            return tx.payments.attempt(tx.cursor.fetchall()[0][0])

        return self.run(look)

    def answers(self, outcome: Outcome) -> None:
        """Let the provider answer the newest attempt."""
        attempt = self.last_attempt()

        def act(tx: SqlTransaction) -> None:
            begin_call(tx, attempt_id=attempt.id)
            record_answer(tx, attempt_id=attempt.id, outcome=outcome)
            self.telling.hear(tx)

        self.books.run(act, cause=CALL)
        self.deliver()

    def settles(self, minor: int, *, provider_id: str = "ch_1", is_test: bool = True) -> None:
        """Let the provider say that it took money."""
        reference = self.last_attempt().reference
        self.answers(
            Settled(
                provider_id=provider_id,
                reference=reference,
                captured=naira(minor),
                is_test=is_test,
            )
        )

    def remind(self, talker: Talker) -> None:
        """Let the daily digest of somebody be due."""
        person = talker.person

        def act(tx: SqlTransaction) -> None:
            tx.events.append(
                Event(
                    name=EventName.BILL_REMINDER,
                    tenant_id=self.tenant.id,
                    subject=Subject(kind="person", id=person.id),
                    person_id=person.id,
                )
            )
            self.telling.hear(tx)

        self.books.run(act, cause=CALL)
        self.deliver()

    def let(self, act: Callable[[SqlTransaction], object]) -> None:
        """Let the system do something, and everybody hear of it."""

        def run(tx: SqlTransaction) -> None:
            act(tx)
            self.telling.hear(tx)

        self.books.run(run, cause=CALL)
        self.deliver()

    def deliver(self) -> None:
        """Show every notice that is waiting to whom it is for."""
        told, self.telling.told = self.telling.told, []
        for event, person_id in told:
            reply = self.run(partial(self._render, event=event, person_id=person_id))
            talker = self.people.get(person_id)
            if reply is not None and talker is not None:
                chat = Chat(id=talker.sender.external_id, is_private=True)
                talker.shown(Incoming(did=Did.OTHER, sender=talker.sender, chat=chat), reply)

    def _render(self, tx: SqlTransaction, *, event: Event, person_id: PersonId) -> Reply | None:
        try:
            actor = actor_of(tx, person_id=person_id, tenant_id=event.tenant_id)
        except NotJoined:
            actor = None
        reader = Reader(
            person=tx.people.person(person_id),
            tenant=tx.tenants.get(event.tenant_id),
            words=Words(timezone="Africa/Lagos"),
            bot_username=BOT,
            actor=actor,
        )
        return NOTICES[event.name].render(tx, reader, event)
