"""Where the demo estate can stand: its currency, its clock, its people's names and numbers.

The same people live the same story everywhere; amounts are written once, in kobo, and divided.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from core.domain.money import Currency
from core.domain.tenants import Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One town: `phones` begin its people's numbers, `names` are theirs where they differ.

    `divisor` makes an amount of Lagos one of here.
    """

    key: str
    city: str
    country: str
    timezone: str
    currency: Currency
    unit: str
    phones: str
    divisor: int = 1
    hint: str = ""
    """What the story adds where people pay by link; it begins with a space."""
    names: Mapping[int, tuple[str, str]] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """As the page offers it."""
        return f"{self.city} ({self.currency})"

    def minor(self, kobo: int) -> int:
        """Return what is asked here where Lagos asks so many kobo, in minor units."""
        return kobo // self.divisor

    def written(self, kobo: int) -> str:
        """Write such an amount as people type it: 1,800 or 12.50."""
        whole, cents = divmod(self.minor(kobo), 100)
        return f"{whole:,}.{cents:02}" if cents else f"{whole:,}"


LAGOS: Final = Place(
    key="lagos",
    city="Lagos",
    country="NG",
    timezone="Africa/Lagos",
    currency=Currency("NGN"),
    unit="naira",
    phones="+234803000000",
)
NAIROBI: Final = Place(
    key="nairobi",
    city="Nairobi",
    country="KE",
    timezone="Africa/Nairobi",
    currency=Currency("KES"),
    unit="shilling",
    phones="+25471200000",
    hint=" Play M-Pesa (Trouble) and his phone asks instead.",
    names={
        7001: ("Achieng", "Otieno"),
        7002: ("Hassan", "Mwangi"),
        7003: ("Wanjiru", "Kamau"),
        7004: ("Kiprono", "Cheruiyot"),
        7005: ("Njeri", "Maina"),
        7006: ("Odhiambo", "Otieno"),
    },
)
MIAMI: Final = Place(
    key="miami",
    city="Miami",
    country="US",
    timezone="America/New_York",
    currency=Currency("USD"),
    unit="dollar",
    phones="+1305555010",
    divisor=200,
)
"""Its numbers are those that belong to nobody."""

PLACES: Final = {place.key: place for place in (LAGOS, NAIROBI, MIAMI)}


def place_for(currency: str) -> Place:
    """Return where the estate asks for this currency.

    Raises:
        LookupError: nowhere.
    """
    return next(place for place in PLACES.values() if place.currency == currency)


def place_of(tenant: Tenant) -> Place:
    """Return where this estate stands; one that people made themselves counts as Lagos's."""
    mine = (place for place in PLACES.values() if place.currency == tenant.currency)
    return next(mine, LAGOS)
