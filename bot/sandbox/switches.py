"""Switches of the sandbox: misbehaviour that one turns on from the panel.

Each part of the sandbox adds its own switches to the one board; the panel lists them by group
without knowing what they do. A value always fits its switch's kind.
"""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

Value = bool | int | float | str
Listener = Callable[[str, Value], None]

MAX_NUMBER: Final = 1_000_000.0


class SwitchKind(StrEnum):
    """What the panel shows: a toggle, a number field or a list to choose from."""

    BOOL = "bool"
    NUMBER = "number"
    CHOICE = "choice"


class UnknownSwitch(KeyError):
    """No switch of that key is on the board."""


class UnfitValue(ValueError):
    """The value does not fit the switch's kind, bounds or choices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One thing that can be turned on: `value` is its state at the start and after a reset.

    `group` is the heading in the panel, `unit` stands behind a number, `choices` are pairs of
    value and label.
    """

    key: str
    label: str
    help: str = ""
    kind: SwitchKind = SwitchKind.BOOL
    value: Value = False
    group: str = "Telegram"
    unit: str = ""
    minimum: float = 0.0
    maximum: float = MAX_NUMBER
    choices: tuple[tuple[str, str], ...] = ()
    restarts_bot: bool = False
    """The bot is told of it when it starts, and only then."""

    def fit(self, value: object) -> Value:
        """Return the value as this switch keeps it.

        Raises:
            UnfitValue: another kind, out of bounds, or not among the choices.
        """
        if self.kind is SwitchKind.BOOL:
            return self._fit_bool(value)
        if self.kind is SwitchKind.NUMBER:
            return self._fit_number(value)
        return self._fit_choice(value)

    def _fit_bool(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise UnfitValue(f"{self.key} is on or off")
        return value

    def _fit_number(self, value: object) -> int | float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UnfitValue(f"{self.key} is a number")
        if not self.minimum <= value <= self.maximum:
            raise UnfitValue(f"{self.key} is from {self.minimum:g} to {self.maximum:g}")
        return value

    def _fit_choice(self, value: object) -> str:
        if not isinstance(value, str) or value not in {known for known, _ in self.choices}:
            raise UnfitValue(f"{self.key} is one of {[known for known, _ in self.choices]}")
        return value


class Switchboard:
    """All switches in the order they were added, and their present values."""

    def __init__(self) -> None:
        """Start empty; every part adds its own."""
        self._switches: dict[str, Switch] = {}
        self._values: dict[str, Value] = {}
        self._listeners: list[Listener] = []
        self._kept: dict[str, object] = {}

    def add(self, switch: Switch) -> None:
        """Add a switch at its first value, or at the one that was kept for it.

        Raises:
            ValueError: the key is taken, or the first value does not fit.
        """
        if switch.key in self._switches:
            raise ValueError(f"switch {switch.key} is there already")
        self._values[switch.key] = switch.fit(switch.value)
        self._switches[switch.key] = switch
        self._restore_one(switch.key)

    def listen(self, listener: Listener) -> None:
        """Call the listener with key and value after each change."""
        self._listeners.append(listener)

    def value(self, key: str) -> Value:
        """Return the present value.

        Raises:
            UnknownSwitch: no such key.
        """
        if key not in self._values:
            raise UnknownSwitch(key)
        return self._values[key]

    def is_on(self, key: str) -> bool:
        """Return whether the value is true, above zero, or a choice other than the first one."""
        value = self.value(key)
        switch = self._switches[key]
        if switch.kind is SwitchKind.CHOICE:
            return value != switch.choices[0][0]
        return bool(value)

    def number(self, key: str) -> float:
        """Return the value of a number switch.

        Raises:
            UnknownSwitch: no such key.
            UnfitValue: the switch holds words.
        """
        value = self.value(key)
        if isinstance(value, str):
            raise UnfitValue(f"{key} is no number")
        return float(value)

    def set(self, key: str, value: object) -> None:
        """Change a value and tell the listeners.

        Raises:
            UnknownSwitch: no such key.
            UnfitValue: the value does not fit.
        """
        if key not in self._switches:
            raise UnknownSwitch(key)
        fitting = self._switches[key].fit(value)
        self._values[key] = fitting
        for listener in self._listeners:
            listener(key, fitting)

    def restarts_bot(self, key: str) -> bool:
        """Tell whether a change counts only once the bot has started anew.

        Raises:
            UnknownSwitch: no such key.
        """
        if key not in self._switches:
            raise UnknownSwitch(key)
        return self._switches[key].restarts_bot

    def turn_on(self, key: str) -> None:
        """Set a toggle to on.

        Raises:
            UnknownSwitch: no such key.
            UnfitValue: the switch is no toggle.
        """
        self.set(key, value=True)

    def turn_off(self, key: str) -> None:
        """Set a toggle to off.

        Raises:
            UnknownSwitch: no such key.
            UnfitValue: the switch is no toggle.
        """
        self.set(key, value=False)

    def reset(self) -> None:
        """Put every changed switch back to its first value."""
        for switch in self._switches.values():
            if self._values[switch.key] != switch.value:
                self.set(switch.key, switch.value)

    def values(self) -> dict[str, Value]:
        """Return the present values by key, to be kept across restarts."""
        return dict(self._values)

    def restore(self, values: Mapping[str, object]) -> None:
        """Take kept values over, for switches added later, too; what does not fit is left out."""
        self._kept = dict(values)
        for key in self._switches:
            self._restore_one(key)

    def _restore_one(self, key: str) -> None:
        if key in self._kept:
            with contextlib.suppress(UnfitValue):
                self._values[key] = self._switches[key].fit(self._kept.pop(key))

    def as_json(self) -> list[dict[str, object]]:
        """Return what the panel shows, in the order of adding."""
        return [
            {
                "key": switch.key,
                "label": switch.label,
                "help": switch.help,
                "kind": switch.kind.value,
                "group": switch.group,
                "unit": switch.unit,
                "minimum": switch.minimum,
                "maximum": switch.maximum,
                "choices": [{"value": value, "label": label} for value, label in switch.choices],
                "value": self._values[switch.key],
                "is_on": self.is_on(switch.key),
                "is_changed": self._values[switch.key] != switch.value,
            }
            for switch in self._switches.values()
        ]
