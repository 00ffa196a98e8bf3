"""What nobody may write about refunds that came back: more than came, or less than before."""

from typing import Final

from tests.storage.attacks import NEXT, Attack, journal, transfer, update
from tests.storage.attacks_on_refunds import GONE, SUBJECT


def _came_back(minor: str) -> tuple[str, ...]:
    """Move an amount from the provider to the payer's wallet, as what came back of the refund."""
    names = {"id": "900011", "token": "'TXN-900011'", "key": "'back'", "kind": "'refund_return'"}
    ends = {"from_account": ":provider", "to_account": ":wallet", "amount_minor": minor}
    return (
        journal(**(SUBJECT | names)),
        transfer(id="900012", journal_id="900011", **ends),
    )


def _count(part: str) -> str:
    return update("refund", f"returned_minor = {part}, {NEXT}", "id = :refund")


RETURNS: Final = tuple(
    Attack(name=name, prepare=(*GONE, *back), statement=_count(part))
    for name, part, back in (
        ("a part back without money", "1", ()),
        ("less than nothing back", "-1", ()),
        ("more back than came", "2", _came_back("1")),
        ("more back than went", "1001", _came_back("1001")),
        ("all of it back, and still gone", "1000", _came_back("1000")),
        ("back no more", "0", (*_came_back("1"), _count("1"))),
    )
)
