"""django-hordak: double entry, a balance is the sum of an account's legs.

`transfer_to` is its own way to move money; it does not ask whether the money is there (`posted`).
`checked` asks first, with the payer's row locked, so that two payments cannot both spend the last
of it.
"""

from collections.abc import Callable
from typing import Final

from django.db import transaction
from hordak.models import Account, AccountType, Transaction
from moneyed import Money

from tests.benchmarks.peers.child import AMOUNT, PAYERS, PLENTY

HOT: Final = "hot"
PRICE: Final = Money(AMOUNT, "NGN")


class Hordak:
    """Wallets are accounts that hold something (an asset grows when it is debited)."""

    def __init__(self) -> None:
        """Name the kinds."""
        self.kinds: dict[str, Callable[[int], None]] = {
            "posted": self.post,
            "checked": self.post_checked,
        }

    def found(self) -> None:
        """Make the accounts and fill the payers' from the owners' equity."""
        equity = Account.objects.create(name="equity", type=AccountType.equity, currencies=["NGN"])
        for name in (HOT, *["payer"] * PAYERS):
            made = Account.objects.create(name=name, type=AccountType.asset, currencies=["NGN"])
            if name != HOT:
                equity.transfer_to(made, Money(PLENTY, "NGN"))

    def read(self) -> None:
        """Read the accounts."""
        self._hot = Account.objects.get(name=HOT)
        self._payers = list(Account.objects.filter(name="payer").order_by("id"))

    def post(self, payer: int) -> None:
        """Move the money."""
        self._payers[payer].transfer_to(self._hot, PRICE)

    def post_checked(self, payer: int) -> None:
        """Lock the payer, see that the money is there, move it."""
        number = self._payers[payer].pk
        with transaction.atomic():
            locked = Account.objects.select_for_update().get(pk=number)
            has = Account.objects.with_balances().get(pk=number).balance
            assert has["NGN"] >= PRICE
            locked.transfer_to(self._hot, PRICE)

    def books(self) -> tuple[int, int, int]:
        """Add all legs up."""
        balances = {
            name: sum(
                int(found.balance["NGN"].amount)
                for found in Account.objects.with_balances().filter(name=name)
            )
            for name in (HOT, "payer")
        }
        return balances[HOT], balances["payer"], Transaction.objects.count() - PAYERS


open_peer = Hordak
