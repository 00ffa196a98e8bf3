"""dj-wallet: a stored balance, changed under a row lock, and a row for each side of a transfer."""

from collections.abc import Callable
from typing import Final

from dj_wallet.mixins import WalletMixin
from dj_wallet.models import Transfer, Wallet
from django.contrib.auth.models import User
from django.db.models import Sum

from tests.benchmarks.peers.child import AMOUNT, PAYERS, PLENTY

HOT: Final = "hot"


class Holder(WalletMixin, User):
    """Somebody with a wallet, as the package's first page shows."""

    class Meta:
        """The table of users is enough."""

        proxy = True
        app_label = "auth"


class DjWallet:
    """Users whose wallets are moved between by `transfer`."""

    def __init__(self) -> None:
        """Name the kind."""
        self.kinds: dict[str, Callable[[int], None]] = {"paid": self.pay}

    def read(self) -> None:
        """Read the holders."""
        self._hot = Holder.objects.get(username=HOT)
        self._payers = list(Holder.objects.exclude(username=HOT).order_by("id"))

    def found(self) -> None:
        """Make the holders and fill the payers' wallets."""
        Holder.objects.create(username=HOT).deposit(1)
        Holder.objects.get(username=HOT).withdraw(1)
        for number in range(PAYERS):
            Holder.objects.create(username=f"payer {number}").deposit(PLENTY)

    def pay(self, payer: int) -> None:
        """Move the money."""
        self._payers[payer].transfer(self._hot, AMOUNT)

    def books(self) -> tuple[int, int, int]:
        """Read the stored balances."""
        hot = Holder.objects.get(username=HOT).balance
        total = Wallet.objects.aggregate(total=Sum("balance"))["total"]
        return int(hot), int(total - hot), Transfer.objects.count()


open_peer = DjWallet
