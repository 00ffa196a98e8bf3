"""A paid bill at Palm Court, and what tests do with refunds of it."""

from dataclasses import replace

from core.domain.ledger import AccountKind
from core.domain.outflows import Moved, Outflow, Returned
from core.domain.payments import Payment
from core.domain.people import Actor
from core.domain.providers import Settled
from core.domain.reconciling import Listed
from core.domain.refunds import Destination, Refund, RefundStatus
from core.use_cases.refunding import begin_refund, record_refund
from core.use_cases.refunds import open_refund
from tests.core.estate import Estate, Tried, settled
from tests.factories import NGN, naira


class Refunds:
    """Refunds of Ada's bill of 1,000, paid through the provider."""

    def __init__(self, estate: Estate, *, total: int = 100_000) -> None:
        self.estate = estate
        self.bill = estate.agreed(total)
        self.capture = f"cap-{self.bill.id}"
        self.tried: Tried = estate.settle(estate.open_link(self.bill), capture=self.capture)

    @property
    def payment(self) -> Payment:
        return self.tried.payment

    def ask(
        self,
        minor: int,
        *,
        by: Actor | None = None,
        destination: Destination = Destination.ORIGINAL,
        reason: str = "Paid twice",
    ) -> Refund:
        """Let staff ask for a refund."""
        return self.estate.do(
            open_refund,
            actor=by or self.estate.admin,
            payment_id=self.payment.id,
            amount=naira(minor),
            destination=destination,
            reason=reason,
        )

    def send(self, minor: int) -> Refund:
        """Ask for a refund and mark it as sent."""
        refund = self.ask(minor)
        assert self.estate.do(begin_refund, refund_id=refund.id) is not None
        return self.now(refund)

    def answer(self, refund: Refund, outcome: Outflow) -> Refund:
        """Record what the provider answered."""
        return self.estate.do(record_refund, refund_id=refund.id, outcome=outcome)

    def finish(self, refund: Refund, *, provider_id: str = "rfd-1") -> Refund:
        """Let the provider say that it gave it back."""
        return self.answer(refund, moved(refund, provider_id=provider_id))

    def told(self, refunded: int | None, *, is_disputed: bool | None = None) -> None:
        """Let the provider say how much of the capture it gave back in all."""
        said = settled(self.tried, self.payment.captured_minor, capture=self.capture)
        self.estate.answer(self.tried, _with(said, refunded, is_disputed=is_disputed))

    def now(self, refund: Refund) -> Refund:
        """Return a refund as it stands."""
        return self.estate.look(lambda tx: tx.refunds.get(refund.id))

    def all(self) -> tuple[Refund, ...]:
        """Return every refund of the payment."""
        return self.estate.look(lambda tx: tx.refunds.of(self.payment.id))

    def statuses(self) -> list[RefundStatus]:
        """Return their statuses."""
        return [each.status for each in self.all()]

    def rest(self) -> int:
        """Return what the bill still asks for, in kobo."""
        return self.estate.bill(self.bill).rest.minor

    def at_provider(self) -> int:
        """Return what the provider holds for the tenant, in kobo."""
        configuration = self.estate.configuration
        kind = AccountKind.PROVIDER
        return -self.estate.account(kind, configuration.id, NGN).balance.minor

    def held(self) -> int:
        """Return what is held of the tenant's wallet, in kobo."""
        return self.estate.account(AccountKind.TENANT_WALLET).held.minor


def moved(refund: Refund, *, minor: int | None = None, provider_id: str = "rfd-1") -> Moved:
    """Return a provider's word that a refund went out."""
    amount = naira(refund.amount_minor if minor is None else minor)
    return Moved(provider_id=provider_id, reference=refund.reference, amount=amount, is_test=True)


def returned(refund: Refund) -> Returned:
    """Return a provider's word that it came back."""
    return Returned(
        provider_id="rfd-1", reference=refund.reference, amount=refund.amount, is_test=True
    )


def _with(said: Settled, refunded: int | None, *, is_disputed: bool | None) -> Settled:
    return Settled(
        provider_id=said.provider_id,
        reference=said.reference,
        captured=said.captured,
        is_test=True,
        refunded=None if refunded is None else naira(refunded),
        is_disputed=is_disputed,
    )


def listed(estate: Estate, capture: str, minor: int, **changes: object) -> Listed:
    """Return a line of the provider's own list."""
    plain = Listed(
        configuration_id=estate.configuration.id,
        provider_id=capture,
        reference="",
        currency=NGN,
        captured_minor=minor,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # fields of several types
