"""Random lives: money that fits no payment is kept apart, given to somebody, or sent back."""

from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from core.domain.captures import CaptureKey
from core.domain.outflows import Moved, Outflow
from core.domain.providers import Declined, ProviderError, Unknown
from core.domain.refunds import Refund
from core.domain.unmatched import UnmatchedId
from core.use_cases.refunding import begin_refund, record_refund
from core.use_cases.unmatched import give_unmatched
from core.use_cases.unmatched_refunds import send_back
from tests.factories import naira
from tests.model.linking import Linking
from tests.model.lives import PAYER, PICK, newest
from tests.model.records import ModelKept

SOME_PARTS: Final = ("all", "all", "half", "too much", "none")
SOME_BACKS: Final = ("done", "done", "failed", "failed", "unknown")


class Keeping(Linking):
    """Unmatched money of a random life."""

    def has_kept(self) -> bool:
        return bool(self.model.kept)

    def has_backs(self) -> bool:
        return bool(self.model.backs)

    @rule(who=PAYER)
    def keep_apart(self, who: str) -> None:
        self.top_up(who, 100_000)
        self.send(0)
        self.settle(0, 0, 0, 0, capture="", is_foreign=True)

    @precondition(has_kept)
    @rule(pick=PICK, who=PAYER, part=st.sampled_from(SOME_PARTS))
    def give_kept(self, pick: int, who: str, part: str) -> None:
        kept = newest(self.model.kept, pick)
        minor = _minor(kept, part)
        key = self.fresh("gift")
        self.both.act(
            lambda: self.estate.do(
                give_unmatched,
                actor=self.both.treasurer,
                unmatched_id=self._id_of(kept),
                person_id=self.both.actors[who].person_id,
                amount=naira(minor),
                reason="A slip",
                key=key,
                has_pin_check=True,
            ),
            lambda: self.model.give_kept(kept, who, amount=minor),
        )

    @precondition(has_kept)
    @rule(pick=PICK, part=st.sampled_from(SOME_PARTS))
    def send_back(self, pick: int, part: str) -> None:
        kept = newest(self.model.kept, pick)
        minor = _minor(kept, part)

        def real() -> None:
            refund = self.estate.do(
                send_back,
                actor=self.both.treasurer,
                unmatched_id=self._id_of(kept),
                amount=naira(minor),
                reason="Fits nothing",
            )
            self.both.refund_ids.append(refund.id)

        self.both.act(real, lambda: self.model.send_back(kept, amount=minor))

    @precondition(has_backs)
    @rule(pick=PICK, how=st.sampled_from(SOME_BACKS))
    def end_back(self, pick: int, how: str) -> None:
        refund_id = newest(self.both.refund_ids, pick)
        self.estate.do(begin_refund, refund_id=refund_id)
        refund = self.estate.look(lambda tx: tx.refunds.get(refund_id))
        self.estate.do(record_refund, refund_id=refund_id, outcome=_outcome(refund, how))
        self.model.end_back(newest(self.model.backs, pick), how)

    @precondition(has_kept)
    @rule(pick=PICK, who=PAYER, how=st.sampled_from(SOME_BACKS))
    def give_what_failed_to_go_back(self, pick: int, who: str, how: str) -> None:
        self.send_back(pick, "all")
        if self.has_backs():
            self.end_back(0, "failed")
            self.give_kept(pick, who, "half")
            self.end_back(0, how)

    def _id_of(self, kept: ModelKept) -> UnmatchedId:
        key = str(CaptureKey(self.estate.configuration.id, kept.key))
        journal = self.estate.look(lambda tx: tx.ledger.journal_by_key(self.estate.tenant.id, key))
        assert journal is not None
        return UnmatchedId(journal.id)


def _minor(kept: ModelKept, part: str) -> int:
    free = max(0, kept.free)
    return {"all": free, "half": free // 2, "too much": free + 1, "none": 0}[part]


def _outcome(refund: Refund, how: str) -> Outflow:
    if how == "failed":
        return Declined(error=ProviderError.DECLINED_CARD)
    if how == "unknown":
        return Unknown(error=ProviderError.TIMEOUT_ERROR)
    return Moved(
        provider_id=f"rfd-{refund.reference[-8:]}",
        reference=refund.reference,
        amount=refund.amount,
        is_test=True,
    )
