"""What the model keeps of bills, links, holds and captures: whole kobo, and words for statuses."""

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(eq=False)
class ModelBill:
    """A bill of the unit; `parts` are what each payment left with the tenant, oldest first."""

    total: int
    due_on: date
    issued_at: datetime
    acknowledgment: str = "pending"
    life: str = "open"
    revision: int = 1
    contested_at: datetime | None = None
    parts: list[tuple[str, int]] = field(default_factory=list)

    @property
    def paid(self) -> int:
        return sum(minor for _, minor in self.parts)

    @property
    def rest(self) -> int:
        return self.total - self.paid

    def why_not(self) -> str:
        """Return the refusal of a payment, "" for none."""
        if self.life == "cancelled":
            return "BillCancelled"
        if self.rest == 0:
            return "BillSettled"
        return {"disputed": "BillDisputed", "pending": "NotAcknowledged"}.get(
            self.acknowledgment, ""
        )

    def word(self, today: date) -> str:
        """Return the one word people see."""
        if self.life == "cancelled":
            return "CANCELLED"
        if self.rest == 0:
            return "PAID"
        if self.acknowledgment == "disputed":
            return "DISPUTED"
        if today > self.due_on:
            return "OVERDUE"
        if self.paid:
            return "PARTIALLY_PAID"
        return {"pending": "PENDING_ACKNOWLEDGMENT", "acknowledged": "ACKNOWLEDGED"}[
            self.acknowledgment
        ]


@dataclass(eq=False)
class ModelLink:
    """A payment through the provider, for a bill or (`bill` None) for the own wallet."""

    payer: str
    amount: int
    bill: ModelBill | None
    expires_at: datetime
    status: str = "pending"
    captured: int = 0
    tries: list[str] = field(default_factory=lambda: ["created"])
    pages: set[int] = field(default_factory=set)

    def had_page(self, place: int) -> bool:
        """Tell whether the payer may have paid at a try: he had a page."""
        return place in self.pages or self.tries[place] in {"waiting", "settled"}

    def put_away(self) -> None:
        """Call off the tries that nobody can have paid."""
        for place, status in enumerate(self.tries):
            if status == "unknown" and not self.had_page(place):
                self.tries[place] = "expired"

    @property
    def is_open(self) -> bool:
        return self.status in {"pending", "processing"}


@dataclass(eq=False)
class ModelHold:
    """An amount reserved on somebody's wallet."""

    owner: str
    amount: int
    expires_at: datetime | None
    status: str = "open"


@dataclass(eq=False)
class Capture:
    """What the provider says that it took."""

    key: str
    amount: int
    fee: int = 0
    is_foreign: bool = False
    """It names a reference that is not ours."""


@dataclass(eq=False)
class ModelBack:
    """Kept money on its way back."""

    kept: "ModelKept"
    amount: int
    status: str = "processing"


@dataclass(eq=False)
class ModelKept:
    """A capture that fits no payment."""

    key: str
    amount: int
    given: int = 0
    done: int = 0
    backs: list[ModelBack] = field(default_factory=list)

    @property
    def on_its_way(self) -> int:
        return sum(back.amount for back in self.backs if back.status == "processing")

    @property
    def free(self) -> int:
        return self.amount - self.given - self.done - self.on_its_way
