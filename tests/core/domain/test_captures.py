"""The key of a capture is read as it was written, whatever ids a provider draws."""

import pytest

from core.domain.captures import CaptureKey
from core.domain.configurations import ConfigurationId


@pytest.mark.parametrize("provider_id", ["cap_1", "a:b:c", "", "::", "ünïcode"])
def test_a_key_is_read_as_it_was_written(provider_id: str) -> None:
    key = CaptureKey(ConfigurationId(7), provider_id)
    assert CaptureKey.read(str(key)) == key


@pytest.mark.parametrize("key", ["", "capture", "capture:", "capture:x:1", "intent:7:1", "7:cap_1"])
def test_another_key_is_of_no_capture(key: str) -> None:
    assert CaptureKey.read(key) is None
