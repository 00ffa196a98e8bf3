"""Known mistakes in what is true about money, planted by replacing what runs."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from core.domain.bills import Acknowledgment, Bill
from core.domain.ledger import Account, Leg
from core.domain.money import Currency, Money, exponent
from core.domain.payments import Attempt, AttemptStatus
from core.domain.providers import Settled
from core.domain.tenants import Tenant
from core.domain.wallets import Wallet
from core.use_cases import capture_fees, captures, ledger, links, returns
from handlers import parsing
from tests.core.use_cases.test_giving_back import (
    test_amended_below_what_is_paid_gives_back_the_newest_first,
)
from tests.handlers.test_parsing import test_what_we_write_we_read
from tests.mistakes import instruments as by
from tests.mistakes.mistake import Mistake, Plant


def float_amount(plant: Plant) -> None:
    """An amount passes through a float on its way to minor units."""
    real = parsing.amount

    def amount(text: str, currency: Currency) -> Money:
        exact = real(text, currency)
        scale, units = 10 ** exponent(currency), exact.minor
        return Money(int(float(units) / scale * scale), currency)

    plant.setattr(parsing, "amount", amount)


def lost_unit(plant: Plant) -> None:
    """What reaches a bill is rounded to whole naira."""
    real = captures._part_for_bill

    def part(*args: Any) -> Money:
        exact = real(*args)
        return Money(exact.minor // 100 * 100, exact.currency)

    plant.setattr(captures, "_part_for_bill", part)


def hold_not_counted(plant: Plant) -> None:
    """What is on hold may be spent once more."""
    plant.setattr(Account, "available", property(lambda self: self.balance))


def stale_revision(plant: Plant) -> None:
    """A button of an older version of a bill still acts."""
    plant.setattr(Bill, "check_revision", lambda self, revision: None)


def disputed_is_paid(plant: Plant) -> None:
    """A contested bill can be paid."""
    real = Bill.check_payable

    def check(self: Bill) -> None:
        if self.acknowledgment is not Acknowledgment.DISPUTED:
            real(self)

    plant.setattr(Bill, "check_payable", check)


def frozen_is_spent(plant: Plant) -> None:
    """A frozen wallet pays."""
    plant.setattr(Wallet, "check_debit", lambda self: None)


def wrong_way_back(plant: Plant) -> None:
    """Money that goes back to payers is taken from them instead."""
    real = ledger.post

    def post(tx: Any, *, legs: Sequence[Leg], **more: Any) -> Any:
        if str(more["kind"]) == "bill_return":
            legs = [replace(leg, source=leg.target, target=leg.source) for leg in legs]
        return real(tx, legs=legs, **more)

    plant.setattr(returns, "post", post)


def oldest_first(plant: Plant) -> None:
    """What goes back goes to who paid first."""
    real = returns._newest_first

    def parts(tx: Any, bill: Bill, amount: Money) -> Any:
        found, left = [], amount.minor
        for allocation in reversed(tx.payments.allocations_of_bill(bill.id)):
            part = min(left, allocation.amount.minor - allocation.returned_minor)
            if part > 0:
                found.append((allocation, Money(part, bill.currency)))
                left -= part
        return found if not left else real(tx, bill, amount)

    plant.setattr(returns, "_newest_first", parts)


def surplus_kept(plant: Plant) -> None:
    """All that was captured goes to the bill, also what it did not ask for."""
    plant.setattr(
        captures, "_part_for_bill", lambda tenant, payment, bill, capture: capture.captured
    )


def fee_forgotten(plant: Plant) -> None:
    """What the provider keeps is booked nowhere."""
    plant.setattr(captures, "fee_legs", lambda *args, **more: [])


def wrong_bearer(plant: Plant) -> None:
    """The other side bears the provider's fee."""
    real = capture_fees.fee_of_tenant

    def share(tenant: Tenant, *, fee: Money, **what: Any) -> Money:
        return fee - real(tenant, fee=fee, **what)

    plant.setattr(capture_fees, "fee_of_tenant", share)


def double_allocation(plant: Plant) -> None:
    """A payment counts twice against its bill."""
    real = Bill.allocate

    def allocate(self: Bill, amount: Money) -> Bill:
        once = real(self, amount)
        return real(once, amount) if not once.rest < amount else once

    plant.setattr(Bill, "allocate", allocate)


def payment_as_key(plant: Plant) -> None:
    """Our payment's id is the key of what a provider captured."""
    real: Any = captures.credit_captures

    def credit(tx: Any, *, attempt: Attempt, settled: Settled) -> Any:
        named = replace(settled, provider_id=f"payment-{attempt.payment_id}")
        more = tuple(replace(one, provider_id=named.provider_id) for one in settled.more)
        return real(tx, attempt=attempt, settled=replace(named, more=more))

    plant.setattr(links, "credit_captures", credit)


def fingerprint_ignored(plant: Plant) -> None:
    """A key that was used for something else is taken for the same."""
    plant.setattr(ledger, "fingerprint", lambda kind, subject, legs: "same")


def unknown_is_failed(plant: Plant) -> None:
    """No answer counts as a decline."""
    real = links._unknown

    def unknown(tx: Any, attempt: Attempt, outcome: Any) -> Attempt:
        if not attempt.may_still_settle:
            return real(tx, attempt, outcome)
        declined = attempt.move(AttemptStatus.DECLINED, error=outcome.error)
        tx.payments.replace_attempt(attempt, declined)
        return tx.payments.attempt(attempt.id)  # type: ignore[no-any-return]

    plant.setattr(links, "_unknown", unknown)


def expired_is_never(plant: Plant) -> None:
    """A link that has expired is never looked at again."""
    real = links.is_watched

    def is_watched(tx: Any, *, attempt: Attempt, **more: Any) -> bool:
        is_open = tx.payments.get(attempt.payment_id).is_open
        return bool(is_open and real(tx, attempt=attempt, **more))

    plant.setattr(links, "is_watched", is_watched)


def any_currency(plant: Plant) -> None:
    """Money in another currency is credited as if it were the one asked for."""

    def agrees(tx: Any, attempt: Any, payment: Any, capture: Settled) -> bool:
        return bool(capture.reference == attempt.reference)

    plant.setattr(captures, "_agrees", agrees)


MISTAKES: Final = (
    Mistake(float_amount, by.check(test_what_we_write_we_read)),
    Mistake(lost_unit, by.estates),
    Mistake(hold_not_counted, by.holds),
    Mistake(stale_revision, by.bills),
    Mistake(disputed_is_paid, by.bills),
    Mistake(frozen_is_spent, by.estates),
    Mistake(wrong_way_back, by.bills),
    Mistake(
        oldest_first,
        by.in_estate(
            test_amended_below_what_is_paid_gives_back_the_newest_first, 250_000, 0, 100_000
        ),
    ),
    Mistake(surplus_kept, by.links),
    Mistake(fee_forgotten, by.links),
    Mistake(wrong_bearer, by.links),
    Mistake(double_allocation, by.bills),
    Mistake(payment_as_key, by.World("generous")),
    Mistake(fingerprint_ignored, by.bills),
    Mistake(unknown_is_failed, by.links),
    Mistake(expired_is_never, by.World("late")),
    Mistake(any_currency, by.World("strange")),
)
