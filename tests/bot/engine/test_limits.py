"""Sends are spread as Telegram asks; the clock is an argument."""

import pytest

from bot.engine.limits import FLOOD_WINDOW_S, MAX_PAUSES, Rate, Rates, SendLimits, TokenBucket

ANNA, BERT, CARO = 1, 2, 3
GROUP = -100


def limits(*, is_lifted: bool = False) -> SendLimits:
    return SendLimits(rates=Rates(), now=0.0, is_lifted=is_lifted)


def sent_within(subject: SendLimits, chats: list[int], *, window_s: float, start: float) -> int:
    """Send as fast as allowed to the chats in turn; count what left within the window."""
    now, sent = start, 0
    while True:
        chat = chats[sent % len(chats)]
        delay = subject.take(chat, now)
        if delay == 0.0:
            sent += 1
            continue
        now += delay
        if now - start > window_s + 1e-6:
            return sent


def test_bucket_waits_for_its_next_token() -> None:
    bucket = TokenBucket(Rate(per_s=2.0, burst=1), now=10.0)
    bucket.take(10.0)

    assert bucket.delay(10.0) == 0.5
    assert bucket.delay(10.5) == 0.0


def test_bucket_ignores_a_clock_that_steps_back() -> None:
    bucket = TokenBucket(Rate(per_s=1.0, burst=1), now=10.0)
    bucket.take(10.0)

    assert bucket.delay(5.0) == 1.0


def test_private_chat_takes_three_then_one_a_second() -> None:
    subject = limits()

    assert [subject.take(ANNA, 0.0) for _ in range(4)] == [0.0, 0.0, 0.0, 1.0]
    assert subject.take(ANNA, 1.0) == 0.0


def test_edits_of_a_private_chat_have_a_bucket_of_their_own() -> None:
    subject = limits()
    while subject.take(ANNA, 0.0) == 0.0:
        pass

    assert [subject.take(ANNA, 1.0 + i / 10, is_edit=True) for i in range(10)] == [0.0] * 10
    subject.flooded(ANNA, 30.0, 2.0)
    assert subject.take(ANNA, 2.0, is_edit=True) == 30.0


def test_edits_of_a_group_count_as_its_messages() -> None:
    subject = limits()
    while subject.take(GROUP, 0.0) == 0.0:
        pass

    assert subject.take(GROUP, 0.0, is_edit=True) > 0


def test_refused_take_costs_nothing() -> None:
    subject = limits()
    for _ in range(50):
        subject.take(ANNA, 0.0)

    assert subject.delay_for(ANNA, 1.0) == 0.0


def test_one_chat_does_not_hold_up_another() -> None:
    subject = limits()
    for _ in range(3):
        subject.take(ANNA, 0.0)

    assert subject.delay_for(BERT, 0.0) == 0.0


def test_group_stays_at_twenty_in_any_minute() -> None:
    subject = limits()

    assert sent_within(subject, [GROUP], window_s=60.0, start=0.0) == 20
    assert sent_within(subject, [GROUP], window_s=60.0, start=60.1) <= 20


def test_bot_stays_under_thirty_in_any_second() -> None:
    assert sent_within(limits(), list(range(1, 1000)), window_s=1.0, start=0.0) == 30


def test_bot_sends_twenty_five_a_second_in_the_long_run() -> None:
    assert sent_within(limits(), list(range(1, 3000)), window_s=60.0, start=0.0) == 25 * 60 + 5


def test_flood_stops_its_chat_alone() -> None:
    subject = limits()

    subject.flooded(ANNA, 30.0, 100.0)

    assert subject.delay_for(ANNA, 110.0) == 20.0
    assert subject.delay_for(BERT, 110.0) == 0.0
    assert subject.take(ANNA, 130.0) == 0.0


def test_shorter_flood_does_not_end_a_longer_one() -> None:
    subject = limits()
    subject.flooded(ANNA, 30.0, 100.0)

    subject.flooded(ANNA, 1.0, 101.0)

    assert subject.delay_for(ANNA, 101.0) == 29.0


def test_several_chats_in_flood_stop_the_bot() -> None:
    subject = limits()
    for chat in (ANNA, BERT, CARO):
        subject.flooded(chat, 10.0, 100.0)

    assert subject.delay_for(99, 100.0) == 10.0


def test_one_chat_flooding_thrice_does_not_stop_the_bot() -> None:
    subject = limits()
    for _ in range(3):
        subject.flooded(ANNA, 10.0, 100.0)

    assert subject.delay_for(BERT, 100.0) == 0.0


def test_floods_far_apart_do_not_stop_the_bot() -> None:
    subject = limits()
    for turn, chat in enumerate((ANNA, BERT, CARO)):
        subject.flooded(chat, 60.0, 100.0 + turn * (FLOOD_WINDOW_S + 1))

    assert subject.delay_for(99, 130.0) == 0.0


def test_bot_can_be_stopped_at_once() -> None:
    subject = limits()

    subject.stop_bot(4.0, 100.0)

    assert subject.delay_for(ANNA, 101.0) == 3.0


def test_lifted_limits_let_everything_through() -> None:
    subject = limits(is_lifted=True)

    assert {subject.take(ANNA, 0.0) for _ in range(1000)} == {0.0}
    assert subject.remembered_chats == 0


def test_lifted_limits_still_obey_floods() -> None:
    subject = limits(is_lifted=True)

    subject.flooded(ANNA, 5.0, 100.0)

    assert subject.take(ANNA, 100.0) == 5.0


@pytest.mark.parametrize("sign", [1, -1])
def test_idle_chats_are_forgotten(sign: int) -> None:
    subject = limits()
    for turn in range(1, 20_001):
        assert subject.take(sign * turn, turn / 10) == 0.0

    assert subject.remembered_chats < 500


def test_pauses_are_bounded() -> None:
    subject = limits()
    for chat in range(1, MAX_PAUSES + 3):
        subject.flooded(chat, 1000.0 + chat, 0.0)

    assert subject.remembered_chats == MAX_PAUSES


def test_ended_pauses_are_forgotten() -> None:
    subject = limits()
    subject.flooded(ANNA, 1.0, 0.0)

    subject.flooded(BERT, 1.0, 2.0)

    assert subject.remembered_chats == 1


def test_a_closed_bot_sends_nothing_and_an_opened_one_waits_a_second() -> None:
    limits = SendLimits(rates=Rates(), now=0.0)
    limits.close()
    assert limits.take(1, 0.0) > 0
    limits.open(Rate(per_s=12.5, burst=2), 10.0)
    assert limits.take(1, 10.5) == pytest.approx(0.5)
    assert limits.take(1, 11.0) == 0.0


def test_a_smaller_share_holds_from_the_next_message_on() -> None:
    limits = SendLimits(rates=Rates(), now=0.0)
    limits.open(Rate(per_s=10.0, burst=1), 0.0)
    assert limits.take(1, 0.0) == 0.0
    assert limits.take(2, 0.0) == pytest.approx(0.1)


def test_a_flood_of_several_chats_is_told_to_others() -> None:
    limits = SendLimits(rates=Rates(), now=0.0)
    limits.flooded(1, 30.0, 0.0)
    limits.flooded(2, 30.0, 0.0)
    assert limits.flood_left(0.0) == 0.0
    limits.flooded(3, 30.0, 0.0)
    assert limits.flood_left(10.0) == 20.0


def test_a_chat_is_fresh_once_its_buckets_are_full_and_no_pause_stands() -> None:
    limits = SendLimits(rates=Rates(), now=0.0)
    assert limits.is_fresh(1, 0.0)
    limits.take(1, 0.0)
    limits.take(1, 0.0, is_edit=True)
    assert not limits.is_fresh(1, 0.5)
    assert limits.is_fresh(1, 1.0)
    limits.flooded(1, 5.0, 1.0)
    assert not limits.is_fresh(1, 5.9)
    assert limits.is_fresh(1, 6.0)
