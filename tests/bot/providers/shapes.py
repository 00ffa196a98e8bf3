"""JSON held to shapes that are written down here: names, types, words, and what is within."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, TypeAlias

Kind: TypeAlias = "type | frozenset[str] | re.Pattern[str] | Contract | ListOf | OneOf | None"
"""A JSON type, the words that may stand there, how a text must look, or what is within."""


@dataclass(frozen=True, slots=True)
class Contract:
    """An object: what must be there, and what may be."""

    must: Mapping[str, Kind] = field(default_factory=dict)
    may: Mapping[str, Kind] = field(default_factory=dict)

    def broken(self, body: Mapping[str, object]) -> list[str]:
        """Return what is missing, unknown, or not what it should be, each by its way there."""
        return broken(body, self)


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list, of any length."""

    each: Kind


@dataclass(frozen=True, slots=True)
class OneOf:
    """What is one of these kinds."""

    kinds: tuple[Kind, ...]


NUMBER: Final = OneOf((int, float, Decimal))


def or_null(kind: Kind) -> OneOf:
    """Return what is of this kind, or null."""
    return OneOf((kind, None))


def broken(value: object, kind: Kind, *, at: str = "") -> list[str]:
    """Return in what a value departs from a kind, each after the way that leads there."""
    if isinstance(kind, OneOf):
        found = [broken(value, each, at=at) for each in kind.kinds]
        deeper = [each for each in found if each and not each[0].startswith(_is(at))]
        return [] if [] in found else (deeper or [[f"{_is(at)}{value!r}"]])[0]
    if isinstance(kind, Contract) and isinstance(value, Mapping):
        return _broken_object(value, kind, at=f"{at}." if at else "")
    if isinstance(kind, ListOf) and isinstance(value, list):
        ways = enumerate(value)
        return [told for no, each in ways for told in broken(each, kind.each, at=f"{at}[{no}]")]
    return [] if _fits(value, kind) else [f"{_is(at)}{value!r}"]


def _is(at: str) -> str:
    return f"{at or 'it'} is "


def _broken_object(value: Mapping[str, object], kind: Contract, *, at: str) -> list[str]:
    known = {**kind.must, **kind.may}
    missing = [f"{at}{name} is missing" for name in kind.must if name not in value]
    unknown = [f"{at}{name} is not known" for name in value if name not in known]
    return missing + unknown + list(_wrong(value, known, at=at))


def _wrong(value: Mapping[str, object], known: Mapping[str, Kind], *, at: str) -> Iterator[str]:
    for name, each in value.items():
        if name in known:
            yield from broken(each, known[name], at=f"{at}{name}")


def _fits(value: object, kind: Kind) -> bool:
    if isinstance(kind, frozenset):
        return isinstance(value, str) and value in kind
    if isinstance(kind, re.Pattern):
        return isinstance(value, str) and kind.fullmatch(value) is not None
    return value is None if kind is None else type(value) is kind
