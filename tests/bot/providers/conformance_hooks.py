"""The suite's part on webhooks."""

from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest

from core.domain.providers import Authentic, Forged, Hook, Reading, Undecided
from tests.bot.providers.conformance import NOW, REFERENCE, Network, Suite, raising


class Heard(Suite):
    """What the parts on webhooks share."""

    def reading(self, hook: Hook) -> Reading:
        network = Network(dialect=self.dialect, behave=raising(httpx.ConnectError))
        client = httpx.AsyncClient(transport=httpx.MockTransport(network))
        return self.dialect.adapter(client).read_hook(hook)

    def genuine(self, event_id: str = "evt_1") -> Hook:
        return self.dialect.hook(event_id=event_id, reference=REFERENCE, at=NOW)


class Hooks(Heard):
    """A webhook counts only when it proves where it came from, and then only names an attempt."""

    def test_genuine_event_names_its_attempt(self) -> None:
        reading = self.reading(self.genuine())
        assert isinstance(reading, Authentic)
        assert reading.reference == REFERENCE
        assert reading.event_key

    def test_redelivery_has_the_same_key(self) -> None:
        later = self.dialect.hook(
            event_id="evt_1", reference=REFERENCE, at=NOW + timedelta(minutes=4)
        )
        assert _key(self.reading(later)) == _key(self.reading(self.genuine()))

    def test_another_event_has_another_key(self) -> None:
        assert _key(self.reading(self.genuine("evt_2"))) != _key(self.reading(self.genuine()))

    def test_event_signed_with_another_key_is_forged(self) -> None:
        hook = self.dialect.hook(event_id="evt_1", reference=REFERENCE, at=NOW, is_genuine=False)
        assert isinstance(self.reading(hook), Forged)

    def test_event_without_headers_is_forged(self) -> None:
        assert isinstance(self.reading(replace(self.genuine(), headers={})), Forged)

    @pytest.mark.parametrize("value", ["", "x", "\x00", "é" * 64, "0" * 64, "f" * 128, "," * 9_000])
    def test_event_with_a_made_up_proof_is_forged(self, value: str) -> None:
        hook = self.genuine()
        headers = {name: value for name in hook.headers if name != "content-type"}
        assert isinstance(self.reading(replace(hook, headers=headers)), Forged)

    def test_changed_byte_makes_it_forged(self) -> None:
        hook = self.genuine()
        changed = hook.body.replace(REFERENCE.encode(), b"ATT-7Q2M4K9Y")
        assert changed != hook.body
        assert isinstance(self.reading(replace(hook, body=changed)), Forged)

    def test_added_space_makes_it_forged(self) -> None:
        hook = self.genuine()
        assert isinstance(self.reading(replace(hook, body=hook.body + b" ")), Forged)

    def test_event_of_unreasonable_size_is_forged(self) -> None:
        hook = replace(self.genuine(), body=b"[" * 2_000_000)
        assert isinstance(self.reading(hook), Forged)


class StampedHooks(Hooks):
    """For providers that sign the time, too: an old event cannot be played again."""

    @pytest.mark.parametrize("age_s", [-299, 0, 299])
    def test_event_within_tolerance_is_authentic(self, age_s: int) -> None:
        hook = replace(self.genuine(), received_at=NOW + timedelta(seconds=age_s))
        assert isinstance(self.reading(hook), Authentic)

    @pytest.mark.parametrize("age_s", [-86_400, -301, 301, 86_400])
    def test_event_out_of_tolerance_is_forged(self, age_s: int) -> None:
        hook = replace(self.genuine(), received_at=NOW + timedelta(seconds=age_s))
        assert isinstance(self.reading(hook), Forged)

    def test_old_event_under_a_new_time_is_forged(self) -> None:
        later = NOW + timedelta(days=1)
        fresh = self.dialect.hook(event_id="evt_2", reference=REFERENCE, at=later)
        headers = {
            name: self.retimed(value, later) for name, value in self.genuine().headers.items()
        }
        replayed = replace(self.genuine(), headers=headers, received_at=later)
        assert isinstance(self.reading(fresh), Authentic)
        assert isinstance(self.reading(replayed), Forged)

    def retimed(self, value: str, at: datetime) -> str:
        """Put another time into a header, leaving its proof alone."""
        return value.replace(str(int(NOW.timestamp())), str(int(at.timestamp())))


class Hints(Heard):
    """For providers that sign nothing: an event is a hint to ask about what it names."""

    def test_notice_is_a_hint_that_names_its_attempt(self) -> None:
        reading = self.reading(self.genuine())
        assert isinstance(reading, Undecided)
        assert reading.reference == REFERENCE

    def test_notice_that_arrives_twice_at_once_has_one_key(self) -> None:
        assert self.reading(self.genuine()) == self.reading(self.genuine())

    def test_later_notice_of_the_same_is_another_hint(self) -> None:
        later = replace(self.genuine(), received_at=NOW + timedelta(minutes=4))
        assert self.reading(later) != self.reading(self.genuine())

    def test_what_is_no_notice_is_turned_away(self) -> None:
        hook = replace(self.genuine(), query={})
        bodies = (b"", b"{}", b"[]", b"\xff", b"null", hook.body[:-9], b"[" * 2_000_000)
        readings = [self.reading(replace(hook, body=body)) for body in bodies]
        assert [reading for reading in readings if not isinstance(reading, Forged)] == []


def _key(reading: Reading) -> str:
    return reading.event_key if isinstance(reading, Authentic) else ""
