"""Random lives: links are opened, sent, answered in any way and order, retried and given up."""

from dataclasses import replace
from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from core.domain.providers import Declined, Outcome, Pending, ProviderError, Settled, Unknown
from core.use_cases import links
from tests.factories import naira
from tests.model.lives import AGE, AMOUNT, PAYER, PICK, Lives, newest
from tests.model.records import Capture, ModelLink

ANSWERS: Final[dict[str, Outcome]] = {
    "pending": Pending(link="https://pay.example/1", provider_ref="ref-1"),
    "declined": Declined(error=ProviderError.DECLINED_CARD),
    "unknown": Unknown(error=ProviderError.TIMEOUT_ERROR),
}
SOME_EXTRAS: Final = (0, 0, 0, -20_000, 30_000)
SOME_FEES: Final = (0, 0, 1_500, 90_000)
SOME_CAPTURES: Final = ("", "", "", "again", "again, with more")
EXTRA: Final = st.sampled_from(SOME_EXTRAS)
FEE: Final = st.sampled_from(SOME_FEES)


class Linking(Lives):
    """Links of a random life."""

    @precondition(Lives.has_bill)
    @rule(pick=PICK, who=PAYER, amount=AMOUNT, age=AGE, is_sent=st.booleans())
    def open_link(self, pick: int, who: str, amount: str, age: int, *, is_sent: bool) -> None:
        bill, bill_id = self.bill(pick)
        minor, shown = self.minor(bill, amount), bill.revision - age

        def real() -> None:
            payment = self.estate.do(
                links.open_bill_link,
                actor=self.both.actors[who],
                bill_id=bill_id,
                revision=shown,
                amount=naira(minor),
                configuration=self.estate.configuration,
            )
            self.both.payment_ids.append(payment.id)

        def model() -> None:
            self.model.open_link(bill, who, revision=shown, amount=minor)

        if self.both.act(real, model) and is_sent:
            self.send(0)

    @rule(who=PAYER, minor=st.sampled_from([100_000, 400_000]))
    def top_up(self, who: str, minor: int) -> None:
        payment = self.estate.do(
            links.open_top_up,
            actor=self.both.actors[who],
            amount=naira(minor),
            configuration=self.estate.configuration,
        )
        self.both.payment_ids.append(payment.id)
        self.model.top_up(who, amount=minor)

    @precondition(Lives.has_link)
    @rule(pick=PICK)
    def send(self, pick: int) -> None:
        link, _ = self.link(pick)
        attempt_id = self.both.attempt_ids(link)[-1]
        request = self.estate.do(links.begin_call, attempt_id=attempt_id)
        assert (request is not None) == self.model.send(link)

    def sent(self, pick: int, back: int) -> tuple[ModelLink, int] | None:
        """Return a link and the place of one of its sent tries."""
        if not self.has_link():
            return None
        link, _ = self.link(pick)
        places = [n for n, status in enumerate(link.tries) if status != "created"]
        return (link, newest(places, back)) if places else None

    @precondition(Lives.has_link)
    @rule(pick=PICK, back=PICK, word=st.sampled_from(sorted(ANSWERS)), is_cancelling=st.booleans())
    def answer(self, pick: int, back: int, word: str, *, is_cancelling: bool) -> None:
        found = self.sent(pick, back)
        if found is None:
            return
        link, place = found
        self.estate.do(
            links.record_answer,
            attempt_id=self.both.attempt_ids(link)[place],
            outcome=ANSWERS[word],
            is_cancelling=is_cancelling,
        )
        self.model.answer(link, place, word, is_cancelling=is_cancelling)

    @precondition(Lives.has_link)
    @rule(
        pick=PICK,
        back=PICK,
        extra=EXTRA,
        fee=FEE,
        capture=st.sampled_from(SOME_CAPTURES),
        is_foreign=st.sampled_from([False, False, False, True]),
    )
    def settle(
        self,
        pick: int,
        back: int,
        extra: int,
        fee: int,
        *,
        capture: str,
        is_foreign: bool = False,
    ) -> None:
        found = self.sent(pick, back)
        if found is None:
            return
        link, place = found
        said = self.capture(link, extra, fee, capture, is_foreign=is_foreign)
        attempt_id = self.both.attempt_ids(link)[place]
        attempt = self.estate.look(lambda tx: tx.payments.attempt(attempt_id))
        outcome = Settled(
            provider_id=said.key,
            reference="hz-foreign" if said.is_foreign else attempt.reference,
            captured=naira(said.amount),
            is_test=True,
            fee=naira(said.fee) if said.fee else None,
        )
        self.both.act(
            lambda: self.estate.do(links.record_answer, attempt_id=attempt_id, outcome=outcome),
            lambda: self.model.settle(link, place, said),
        )

    def capture(
        self, link: ModelLink, extra: int, fee: int, which: str, *, is_foreign: bool
    ) -> Capture:
        """Return what the provider says: something new, or what it said before."""
        known = [c for c, whose in self.model.captures.values() if whose is link]
        if which and known:
            more = 1 if which == "again, with more" else 0
            return replace(known[-1], amount=known[-1].amount + more)
        amount = max(1, link.amount + extra)
        return Capture(key=self.fresh("capture"), amount=amount, fee=fee, is_foreign=is_foreign)

    @precondition(Lives.has_link)
    @rule(pick=PICK)
    def retry(self, pick: int) -> None:
        link, payment_id = self.link(pick)
        self.both.act(
            lambda: self.estate.do(
                links.retry_payment,
                actor=self.both.actors[link.payer],
                payment_id=payment_id,
                configuration=self.estate.configuration,
            ),
            lambda: self.model.retry(link),
        )

    @precondition(Lives.has_link)
    @rule(pick=PICK)
    def give_up(self, pick: int) -> None:
        link, payment_id = self.link(pick)
        self.both.act(
            lambda: self.estate.do(
                links.cancel_payment,
                actor=self.both.actors[link.payer],
                payment_id=payment_id,
            ),
            lambda: self.model.give_up(link),
        )

    @precondition(lambda self: any(x.expires_at <= self.model.now for x in self.model.links))
    @rule()
    def expire_links(self) -> None:
        for link, payment_id in zip(self.model.links, self.both.payment_ids, strict=True):
            if link.expires_at <= self.model.now:
                self.estate.do(links.expire_payment, payment_id=payment_id)
                self.model.expire(link)

    @precondition(Lives.has_link)
    @rule(pick=PICK, back=PICK)
    def decline_and_retry(self, pick: int, back: int) -> None:
        self.answer(pick, back, "declined", is_cancelling=False)
        self.retry(pick)
        self.send(pick)

    @precondition(Lives.has_link)
    @rule(pick=PICK, back=PICK, hours=st.sampled_from([1, 26]), extra=EXTRA, fee=FEE)
    def settle_late(self, pick: int, back: int, hours: int, extra: int, fee: int) -> None:
        self.wait(hours)
        self.expire_links()
        self.settle(pick, back, extra, fee, capture="", is_foreign=False)

    @rule(pick=PICK, who=PAYER, amount=AMOUNT, other=PAYER, part=AMOUNT)
    def pay_beside_a_link(self, pick: int, who: str, amount: str, other: str, part: str) -> None:
        self.open_link(pick, who, amount, 0, is_sent=True)
        self.spend(0, other, part)
