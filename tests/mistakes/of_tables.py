"""Known mistakes in what the database itself refuses."""

from typing import Any, Final

from alembic import op

from storage import setup, triggers
from tests.mistakes import instruments as by
from tests.mistakes.mistake import Mistake, Plant
from tests.storage import attacks, attacks_on_bills, attacks_on_history, attacks_on_refunds


def _without(plant: Plant, *names: str) -> None:
    real = triggers.triggers

    def fewer() -> dict[str, str]:
        return {name: text for name, text in real().items() if name not in names}

    plant.setattr(triggers, "triggers", fewer)
    plant.setattr(setup, "triggers", fewer)


def allocation_unbacked(plant: Plant) -> None:
    """A bill counts what no journal brought."""
    _without(plant, "allocation_backed")


def stop_ignored(plant: Plant) -> None:
    """Journals are written while money is stopped."""
    _without(plant, "journal_money_stop")


def bill_overpaid(plant: Plant) -> None:
    """More is allocated to a bill than its payments brought."""
    _without(plant, "bill_counted")


def refund_without_ceiling(plant: Plant) -> None:
    """More is refunded than was paid, in parts that are each less."""
    _without(plant, "refund_ceiling")


def refund_of_claimed_money(plant: Plant) -> None:
    """Money that a bank claims may be refunded beside the claim."""
    _without(plant, "refundable_claimed")


def refund_without_its_money(plant: Plant) -> None:
    """A refund is done by a journal that moved something else."""
    _without(plant, "refund_moved")


def null_in_a_key(plant: Plant) -> None:
    """A column of a foreign key may be NULL, which skips the whole check."""
    real = op.create_table

    def create_table(name: str, *parts: Any, **more: Any) -> Any:
        for part in parts:
            if name == "status_event" and getattr(part, "name", "") in {
                "from_status",
                "before_seq",
            }:
                part.nullable = True
        return real(name, *parts, **more)

    plant.setattr(op, "create_table", create_table)
    _without(plant, "status_event_references")


MISTAKES: Final = (
    Mistake(allocation_unbacked, by.attacks("allocations", attacks_on_bills.ALLOCATIONS)),
    Mistake(stop_ignored, by.attacks("journals", attacks.JOURNALS)),
    Mistake(bill_overpaid, by.attacks("counts", attacks_on_bills.COUNTS)),
    Mistake(refund_without_ceiling, by.attacks("refunds", attacks_on_refunds.REFUNDS)),
    Mistake(refund_of_claimed_money, by.attacks("claims", attacks_on_refunds.CLAIMS)),
    Mistake(refund_without_its_money, by.attacks("refunds' steps", attacks_on_refunds.STEPS)),
    Mistake(null_in_a_key, by.attacks("events", attacks_on_history.EVENTS)),
)
