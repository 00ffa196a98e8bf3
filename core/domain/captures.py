"""The key of money that a provider captured: its journal is posted once under it."""

from typing import Final, NamedTuple, Self

from core.domain.configurations import ConfigurationId

_HEAD: Final = "capture"


class CaptureKey(NamedTuple):
    """Which configuration's provider captured it, and the provider's own id of the capture."""

    configuration_id: ConfigurationId
    provider_id: str

    def __str__(self) -> str:
        """Return it as the journal has it: `capture:<configuration>:<provider's id>`."""
        return f"{_HEAD}:{self.configuration_id}:{self.provider_id}"

    @classmethod
    def read(cls, key: str) -> Self | None:
        """Read a journal's key; None for one that is of no capture."""
        head, _, rest = key.partition(":")
        number, _, provider_id = rest.partition(":")
        if head != _HEAD or not number.isdecimal():
            return None
        return cls(ConfigurationId(int(number)), provider_id)
