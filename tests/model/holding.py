"""Random lives: wallets freeze and thaw, holds are placed, posted, voided and time out."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from core.domain.ledger import HoldId, JournalKind, Leg, Subject
from core.use_cases import ledger, wallets
from tests.factories import naira
from tests.model.lives import OWNER, PAYER, PICK, Lives, newest
from tests.model.records import ModelHold


class Holding(Lives):
    """Wallets and holds of a random life."""

    @rule(who=PAYER, is_thawing=st.sampled_from([True, True, True, False]))
    def freeze_or_thaw(self, who: str, *, is_thawing: bool) -> None:
        use_case = wallets.unfreeze_wallet if is_thawing else wallets.freeze_wallet
        wallet_id = self.both.wallets[who].id
        self.both.act(
            lambda: self.estate.do(use_case, actor=self.both.actors[who], wallet_id=wallet_id),
            lambda: self.model.thaw(who) if is_thawing else self.model.freeze(who),
        )

    @rule(
        owner=OWNER,
        part=st.sampled_from([1, 5, 20, 20, 20]),
        is_too_much=st.sampled_from([False, False, False, True]),
        hours=st.sampled_from([0, 2, 72]),
    )
    def place_hold(self, owner: str, part: int, hours: int, *, is_too_much: bool) -> None:
        there = self.model.available(owner)
        amount = there + 1 if is_too_much else max(1, there // part)
        expires_at = self.model.now + timedelta(hours=hours) if hours else None

        def real() -> None:
            hold = self.estate.do(
                ledger.place_hold,
                tenant_id=self.estate.tenant.id,
                account_id=self.both.wallets[owner].account_id,
                amount=naira(amount),
                subject=Subject(kind="test", id=1),
                expires_at=expires_at,
            )
            self.both.hold_ids.append(hold.id)

        self.both.act(real, lambda: self.model.hold(owner, amount=amount, expires_at=expires_at))

    def hold(self, pick: int) -> tuple[ModelHold, HoldId]:
        return newest(self.model.holds, pick), newest(self.both.hold_ids, pick)

    @precondition(Lives.has_hold)
    @rule(pick=PICK, part=st.sampled_from([1, 2, 3]), is_too_much=st.booleans())
    def post_hold(self, pick: int, part: int, *, is_too_much: bool) -> None:
        hold, hold_id = self.hold(pick)
        amount = hold.amount + 1 if is_too_much else max(1, hold.amount // part)
        leg = Leg(
            source=self.both.wallets[hold.owner].account_id,
            target=self.both.places["away"],
            amount=naira(amount),
        )
        self.both.act(
            lambda: self.estate.do(
                ledger.post_hold, hold_id=hold_id, legs=[leg], kind=JournalKind.HOLD_POSTED
            ),
            lambda: self.model.post_hold(hold, amount=amount),
        )

    @precondition(Lives.has_hold)
    @rule(pick=PICK)
    def void_hold(self, pick: int) -> None:
        hold, hold_id = self.hold(pick)
        self.both.act(
            lambda: self.estate.do(ledger.void_hold, hold_id=hold_id),
            lambda: self.model.void_hold(hold),
        )

    @precondition(Lives.has_hold)
    @rule(pick=PICK)
    def expire_hold(self, pick: int) -> None:
        hold, hold_id = self.hold(pick)
        self.both.act(
            lambda: self.estate.do(ledger.expire_hold, hold_id=hold_id),
            lambda: self.model.expire_hold(hold),
        )

    @rule(owner=OWNER, hours=st.sampled_from([1, 2, 23]))
    def let_a_hold_pass(self, owner: str, hours: int) -> None:
        self.place_hold(owner, 20, 2, is_too_much=False)
        self.wait(hours)
        if self.has_hold():
            self.expire_hold(0)
