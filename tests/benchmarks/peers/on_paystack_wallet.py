"""django-paystack-wallet: a stored balance under a row lock, a debit and a credit per transfer."""

from collections.abc import Callable
from typing import Final

from django.contrib.auth.models import User
from django.db.models import Sum
from wallet.models import Transaction, Wallet
from wallet.services.transfer_service import TransferService
from wallet.services.wallet_service import WalletService

from tests.benchmarks.peers.child import AMOUNT, PAYERS, PLENTY

HOT: Final = "hot"


class PaystackWallet:
    """Wallets moved between by the service for transfers, fees off as they come."""

    def __init__(self) -> None:
        """Name the kind."""
        self.kinds: dict[str, Callable[[int], None]] = {"paid": self.pay}
        self._service = TransferService()

    def read(self) -> None:
        """Read the wallets."""
        self._hot = Wallet.objects.select_related("user").get(user__username=HOT)
        self._payers = list(
            Wallet.objects.exclude(user__username=HOT).select_related("user").order_by("user_id")
        )

    def found(self) -> None:
        """Make the wallets and fill the payers'."""
        for number in range(PAYERS + 1):
            user = User.objects.create(username=f"payer {number}" if number else HOT)
            wallet = WalletService().create_wallet(user)
            if number:
                wallet.credit(PLENTY)

    def pay(self, payer: int) -> None:
        """Move the money."""
        self._service.transfer(self._payers[payer], self._hot, AMOUNT)

    def books(self) -> tuple[int, int, int]:
        """Read the stored balances."""
        hot = Wallet.objects.get(user__username=HOT).balance.amount
        total = Wallet.objects.aggregate(total=Sum("balance"))["total"]
        return int(hot), int(total - hot), Transaction.objects.filter(direction="debit").count()


open_peer = PaystackWallet
