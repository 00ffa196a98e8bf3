"""What can go wrong, as types that carry data and no sentences.

```text
CoreError
├── Refusal            expected; told to the person, changes nothing
├── Conflict           somebody was faster (StaleState) or a key came back changed (KeyReused)
├── ProviderProblem    a provider could not be asked
└── InvariantBroken    a bug: the money path stops and says why
```

Words for refusals live in `handlers/adapter.py`, HTTP codes in `bot/web/errors.py`.
"""

from datetime import datetime
from typing import ClassVar


class CoreError(Exception):
    """Base of everything that core raises; keyword data only."""

    fields: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **data: object) -> None:
        """Keep the data as attributes."""
        super().__init__(type(self).__name__, data)
        self.data = data

    def __str__(self) -> str:
        """Name the fact; the data stays out of logs."""
        return type(self).__name__


class Refusal(CoreError):
    """Expected and told to the person; the inner transaction level is undone."""

    recorder: ClassVar[str | None] = None
    """Name of the recorder that the outer level runs although the flow was undone."""


class Conflict(CoreError):
    """Two writers met."""


class StaleState(Conflict):
    """The row no longer stands where the caller saw it; try once more from the start."""


class KeyReused(Conflict):
    """An idempotency key came back with different content."""


class ProviderProblem(CoreError):
    """A provider cannot be asked: not configured, switched off, or misdescribed."""


class InvariantBroken(CoreError):
    """A promise of the books does not hold; money movement stops."""


class InvalidAmount(Refusal):
    """Text or number that is no amount we accept (`text`, `reason`)."""


class AmountOutOfRange(Refusal):
    """An amount outside the allowed span (`least`, `most` as Money)."""


class CurrencyMismatch(Refusal):
    """Two currencies met where one is needed (`expected`, `actual`)."""


class InsufficientFunds(Refusal):
    """The available balance is short (`missing` as Money, `available` as Money)."""


class NotFound(Refusal):
    """Nothing of that name here, or nothing this person may see (`kind`)."""


class NotAllowed(Refusal):
    """The actor lacks the right (`scope`)."""


class OwnBill(NotAllowed):
    """Staff may not change a bill of their own, of their household, or paid by them (`bill`)."""


class NotForYou(Refusal):
    """A button, link or card that belongs to somebody else."""


class IllegalTransition(Refusal):
    """The status does not allow this step (`machine`, `from_status`, `to_status`)."""


class WalletFrozen(Refusal):
    """The wallet refuses debits (`reason`)."""


class TenantClosed(Refusal):
    """The tenant is suspended or closed."""


class PinLocked(Refusal):
    """Too many wrong PINs (`until` as aware UTC)."""

    def __init__(self, *, until: datetime) -> None:
        """Keep the end of the lock."""
        super().__init__(until=until)
        self.until = until


class PinNeeded(Refusal):
    """The act needs a PIN and the person has none yet."""


class PinWrong(Refusal):
    """The PIN did not match (`tries_left`)."""


class PinWeak(Refusal):
    """A PIN that is too short, too long or too easy (`reason`)."""


class MoneyStopped(Refusal):
    """The books are being checked; nothing moves until an operator lifts the stop."""


class LinkUsed(Refusal):
    """An invitation or link that was used, revoked or has expired (`state`)."""


class WrongPhone(Refusal):
    """The shared contact is not the one the invitation was made for."""


class NotAcknowledged(Refusal):
    """The bill must be acknowledged before money may move (`bill`)."""


class BillDisputed(Refusal):
    """The bill is disputed; nothing is paid until that ends (`bill`)."""


class BillSettled(Refusal):
    """Nothing is left to pay (`bill`)."""


class BillCancelled(Refusal):
    """The bill was cancelled (`bill`)."""


class BelowMinimum(Refusal):
    """A part payment below the tenant's minimum (`least` as Money)."""


class AboveRest(Refusal):
    """More than what is left open (`most` as Money)."""


class PaymentOpen(Refusal):
    """A payment with a provider asks for it already: `payment_id`, if it is the payer's own."""


class AboveRefundable(Refusal):
    """More than what may still go back (`most` as Money)."""


class PaymentContested(Refusal):
    """The payer's bank claims this money back: nothing of it is refunded.

    `payment_id`; `is_own`: the payer himself asks.
    """


class RefundOpen(Refusal):
    """A refund of this bill's money is under way; the bill waits for its end (`bill`)."""


class UnmatchedGone(Refusal):
    """Unmatched money waits no more: it was matched or sent back meanwhile."""


class OutflowsFrozen(Refusal):
    """The books were put back: nothing leaves until an operator releases it."""


class DisputeWindowClosed(Refusal):
    """The time to dispute is over (`until` as aware UTC)."""


class StaleCard(Refusal):
    """The card changed meanwhile; a fresh one is shown."""


class IntentSpent(Refusal):
    """The button was already used, cancelled or has expired (`state`)."""


class TooLong(Refusal):
    """A text beyond its limit (`limit` characters)."""


class InvalidInput(Refusal):
    """Input that can be asked again (`what`, `example`)."""


class Ambiguous(Refusal):
    """Several things fit what was typed (`numbers` of some of them)."""


class TooManyRequests(Refusal):
    """Slow down (`retry_after_s`)."""


class PrivateChatOnly(Refusal):
    """A command that may only run in the private chat."""


class NotJoined(Refusal):
    """The person belongs to no tenant yet."""


class PhoneNeeded(Refusal):
    """The invitation is bound to a phone; the person must share the own contact first."""


class AlreadyMember(Refusal):
    """The person belongs to this tenant and unit already (`tenant_id`)."""


class UnknownLink(Refusal):
    """A deep link or key that opens nothing; counted, since it may be guessing."""

    recorder = "guess"


class RejectedBefore(Refusal):
    """Who rejected the first dispute of a version may not reject the second (`dispute`)."""


class LastWay(Refusal):
    """The act needs somebody who holds the right and is somebody else (`scope`)."""


class NoProvider(Refusal):
    """No payment provider is switched on for this tenant and currency."""


class MethodGone(Refusal):
    """A saved method that cannot be charged any more (`method`)."""


class MethodWaits(Refusal):
    """A saved method that may not be charged yet (`method`, `until`)."""


class MethodLimited(Refusal):
    """A saved method may be charged no more than a part of this for a day (`method`, `left`)."""


class OfferOver(Refusal):
    """What a payment was paid with can no longer be kept: the time for it is over."""


class TooManyMethods(Refusal):
    """A person keeps as many methods as he may (`most`)."""


class NotTaken(Refusal):
    """No provider takes this amount from this payer (`amount`, `bill`).

    `nearest` is the nearest amount that is taken, None where there is none; `needs_phone` tells
    that it would be taken from somebody whose phone number was verified.
    """


class KeysNotWorking(Refusal):
    """A provider's keys may not be used: it never said that they work here (`health`)."""


class OtherMode(Refusal):
    """Keys for pretend money where ours is real, or the other way round (`is_test`: theirs)."""


class PaymentsUnderWay(Refusal):
    """Keys may not go while payments need them (`count`)."""
