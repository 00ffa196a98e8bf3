"""The payer's bank, as the pretend provider hears of it: it claims money back, wins or lets go."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.sandbox.provider_claim_records import Dispute, DisputeStatus
from bot.sandbox.provider_hooks import Courier
from bot.sandbox.provider_records import Capture, Checkout
from bot.sandbox.provider_store import ProviderStore
from bot.sandbox.provider_tongue import Happening


class Bank:
    """Claims to captures of the provider, each told as it stands."""

    def __init__(
        self,
        store: ProviderStore,
        courier: Courier,
        *,
        now: Callable[[], datetime],
        new_token: Callable[[], str],
    ) -> None:
        """Work on the provider's store and tell the courier; `now` is world time."""
        self._store = store
        self._courier = courier
        self._now = now
        self._new_token = new_token

    def contest(self, checkout: Checkout) -> Checkout:
        """Claim all that is left of a payment."""
        for capture in checkout.captures:
            checkout = self.claim(checkout, capture, checkout.refundable_minor(capture))
        return checkout

    def end(self, checkout: Checkout, status: DisputeStatus) -> Checkout:
        """Decide about all that is claimed of a payment."""
        for dispute in checkout.disputes:
            if dispute.status is DisputeStatus.OPEN:
                checkout = self.decide(checkout, dispute, status)
        return checkout

    def claim(self, checkout: Checkout, capture: Capture, amount_minor: int) -> Checkout:
        """Claim a part of a capture, unless one of it is claimed already."""
        if amount_minor <= 0 or checkout.is_claimed(capture):
            return checkout
        dispute = Dispute(
            id=f"dsp_{self._new_token()}",
            capture_id=capture.id,
            amount_minor=amount_minor,
            currency=capture.currency,
            status=DisputeStatus.OPEN,
            at=self._now(),
        )
        return self._keep(checkout, dispute)

    def decide(self, checkout: Checkout, dispute: Dispute, status: DisputeStatus) -> Checkout:
        """Decide about a claim, or think better of it afterwards."""
        return self._keep(checkout, replace(dispute, status=status))

    def tell_again(self, checkout: Checkout) -> None:
        """Tell once more how each claim stands, as where a merchant has events sent again."""
        for dispute in checkout.disputes:
            self._tell(checkout, dispute)

    def _keep(self, checkout: Checkout, dispute: Dispute) -> Checkout:
        changed = checkout.with_dispute(dispute, at=self._now())
        self._store.put(changed)
        self._tell(changed, dispute)
        return changed

    def _tell(self, checkout: Checkout, dispute: Dispute) -> None:
        is_open = dispute.status is DisputeStatus.OPEN
        happening = Happening(
            kind="dispute.opened" if is_open else "dispute.closed",
            event_id=f"evt_{self._new_token()}",
            at=self._now(),
            checkout=checkout,
            dispute=dispute,
        )
        self._courier.announce(happening)
