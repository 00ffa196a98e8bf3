"""What nobody may write into histories: entries of accounts, events of statuses."""

from typing import Final

from tests.storage.attacks import Attack, event, insert, journal, transfer

ENTRIES: Final = tuple(
    Attack(
        name=f"an entry by hand: {name}",
        prepare=(journal(), transfer()),
        statement=insert(
            "entry",
            {
                "account_id": ":wallet",
                "seq": "(SELECT entry_seq + 1 FROM account WHERE id = :wallet)",
                "transfer_id": "900002",
                "side": "'credit'",
                "amount_minor": "100",
                "balance_after_minor": "100",
            }
            | changes,
        ),
    )
    for name, changes in (
        ("the other side", {}),
        ("the same side again", {"side": "'debit'"}),
        ("a gap", {"seq": "900"}),
        ("an old place", {"seq": "1"}),
        ("another account", {"account_id": ":strange", "seq": "2"}),
        ("another amount", {"amount_minor": "5"}),
        ("no transfer", {"transfer_id": "NULL"}),
        ("a transfer that is not there", {"transfer_id": "900900"}),
    )
)

EVENTS: Final = (
    Attack(name="a fork", statement=event("hold", ":voided_hold", "2", ("open", "posted"))),
    Attack(name="a gap", statement=event("hold", ":open_hold", "3", ("open", "posted"))),
    Attack(name="a second root", statement=event("hold", ":open_hold", "0", ("none", "none"))),
    Attack(
        name="a late root",
        statement=event("hold", "900900", "0", ("none", "open"), from_status="'none'"),
    ),
    Attack(name="no root", statement=event("hold", "900900", "1", ("none", "open"))),
    Attack(name="another past", statement=event("hold", ":posted_hold", "3", ("open", "voided"))),
    Attack(
        name="a step over two",
        statement=event("hold", ":open_hold", "2", ("none", "open"), before_seq="0"),
    ),
    Attack(name="no step like that", statement=event("hold", ":open_hold", "2", ("open", "open"))),
    Attack(
        name="no machine",
        statement=event("hold", ":open_hold", "2", ("open", "posted"), machine="NULL"),
    ),
    Attack(
        name="an unknown machine",
        statement=event("gate", ":open_hold", "2", ("open", "posted")),
    ),
    Attack(
        name="no act", statement=event("hold", ":open_hold", "2", ("open", "posted"), act_id="NULL")
    ),
    Attack(
        name="an act that is not there",
        statement=event("hold", ":open_hold", "2", ("open", "posted"), act_id="900900"),
    ),
    Attack(
        name="a note that is not there",
        statement=event("hold", ":open_hold", "2", ("open", "posted"), note_id="900900"),
    ),
    Attack(
        name="no past",
        statement=event("hold", ":open_hold", "2", ("open", "posted"), before_seq="NULL"),
    ),
    Attack(
        name="from nothing",
        statement=event("hold", ":open_hold", "2", ("open", "posted"), from_status="NULL"),
    ),
)
