"""What comes back from being written is what a look finds: nothing needs to be read again."""

from pathlib import Path

from core.use_cases.links import expire_payment, open_top_up
from tests.core.estate import TOTAL, palm_court
from tests.factories import naira


def test_what_is_returned_is_what_is_stored(tmp_path: Path) -> None:
    with palm_court(tmp_path) as estate:
        estate.fund(estate.ada, TOTAL)
        born = estate.issue()
        assert estate.bill(born) == born
        agreed = estate.acknowledge(born)
        assert estate.bill(agreed) == agreed
        assert agreed.acknowledgment_seq == born.acknowledgment_seq + 1
        paid = estate.pay(agreed, TOTAL)
        assert estate.bill(paid) == paid
        assert paid.row_version == agreed.row_version + 1


def test_a_payment_comes_back_as_it_stands(tmp_path: Path) -> None:
    with palm_court(tmp_path) as estate:
        asked = estate.do(
            open_top_up, actor=estate.ada, amount=naira(TOTAL), configuration=estate.configuration
        )
        assert estate.look(lambda tx: tx.payments.get(asked.id)) == asked
        estate.clock.move(days=3)
        ended = estate.do(expire_payment, payment_id=asked.id)
        assert estate.look(lambda tx: tx.payments.get(asked.id)) == ended
        assert (ended.status_seq, ended.row_version) == (2, 2)
