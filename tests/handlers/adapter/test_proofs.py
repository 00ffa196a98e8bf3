"""A proof stays as it is: what its buttons lead to comes below it."""

from dataclasses import replace

import pytest

from handlers.adapter import read_update, to_calls
from handlers.chat import Button, Screen, Show
from handlers.words import Html

SCREEN = Screen(html=Html("Paid"), rows=((Button(label="Open bill", data="bills:card:7"),),))


@pytest.mark.parametrize(("is_proof", "message_id"), [(False, 41), (True, 0)])
def test_what_a_proof_leads_to_edits_no_message(*, is_proof: bool, message_id: int) -> None:
    call = to_calls(replace(SCREEN, is_proof=is_proof), Show.SEND, 7)
    data = call.payload["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    person = {"id": 7, "is_bot": False, "first_name": "Anna"}
    shown = {"message_id": 41, "date": 1790000000, "chat": {"id": 7, "type": "private"}}
    press = {"id": "99", "from": person, "message": shown, "data": data}
    incoming = read_update({"update_id": 1, "callback_query": press}, username="bot")
    assert incoming is not None
    assert (incoming.data, incoming.message_id) == ("bills:card:7", message_id)
