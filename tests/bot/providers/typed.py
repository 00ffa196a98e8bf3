"""JSON and forms held to types: those by which a package describes the API of its provider.

A `TypedDict` says what may be sent, and what must be; a class with annotated fields says what is
answered: a field that may not be null is there. The fields of a form are all texts.
"""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import import_module
from inspect import getsource
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

_HIDDEN: Final = re.compile(
    r"^    from (\S+) import (?:\(\s*)?(\w+)(?: as (\w+))?", flags=re.MULTILINE
)
"""An import that only readers of types see."""
_PARTS: Final = re.compile(r"[^\[\]]+")

Scalars = Mapping[type, tuple[type, str]]
JSON: Final[Scalars] = {
    str: (str, r"[\s\S]*"),
    int: (int, r"-?[0-9]+"),
    float: (float, r"[\s\S]*"),
    bool: (bool, r"True|False"),
}
FORM: Final[Scalars] = {
    str: (str, r"[\s\S]*"),
    int: (str, r"-?[0-9]+"),
    float: (str, r"-?[0-9]+(\.[0-9]+)?"),
    bool: (str, r"true|false"),
}
"""By type: what stands for it, and how that is written."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package of types."""

    base: type
    """What every class of an answer comes from."""
    own: frozenset[str]
    """What may be handed to the package's functions but is never on the wire."""

    def broken(
        self, value: object, kind: Any, *, at: str = "", scalars: Scalars = JSON
    ) -> list[str]:
        """Return in what a value departs from a type, each after the way that leads there."""
        origin, given = get_origin(kind), get_args(kind)
        if kind is Any:
            return []
        if origin in {Union, UnionType}:
            found = [self.broken(value, each, at=at, scalars=scalars) for each in given]
            deepest = [each for each in found if each and not each[0].startswith(f"{at}: ")]
            return [] if [] in found else (deepest or found)[0]
        if isinstance(value, list) and origin is list:
            ways = [(f"{at}[{number}]", each, given[0]) for number, each in enumerate(value)]
        elif isinstance(value, Mapping) and self._is_open(origin):
            ways = [(f"{at}.{name}", each, given[-1]) for name, each in value.items()]
        elif isinstance(value, Mapping) and self._is_object(origin or kind):
            return self._broken_object(value, kind, at=at, scalars=scalars)
        else:
            return [] if _is_scalar(value, kind, scalars) else [f"{at}: {value!r}"]
        return [
            problem
            for way, each, of in ways
            for problem in self.broken(each, of, at=way, scalars=scalars)
        ]

    def _broken_object(
        self, value: Mapping[str, object], kind: Any, *, at: str, scalars: Scalars
    ) -> list[str]:
        fields, must = self._fields(kind)
        problems = [f"{at}.{name} is missing" for name in sorted(must - set(value))]
        for name, each in value.items():
            if name in fields:
                problems += self.broken(each, fields[name], at=f"{at}.{name}", scalars=scalars)
            else:
                problems.append(f"{at}.{name} is not known")
        return problems

    def _fields(self, kind: Any) -> tuple[Mapping[str, Any], frozenset[str]]:
        """Return an object's fields with their types, and which must be there."""
        origin, given = get_origin(kind) or kind, get_args(kind)
        fields = {
            name: each[given] if getattr(each, "__parameters__", ()) else each
            for name, each in _hints(origin, self.own).items()
        }
        if hasattr(origin, "__required_keys__"):
            return fields, origin.__required_keys__ - self.own
        return fields, frozenset(name for name, each in fields.items() if not _may_be_null(each))

    def _is_object(self, kind: Any) -> bool:
        is_sent = hasattr(kind, "__required_keys__")
        return is_sent or (isinstance(kind, type) and issubclass(kind, self.base))

    def _is_open(self, kind: Any) -> bool:
        return kind is dict or (isinstance(kind, type) and kind.__name__ == "UntypedStripeObject")


def form_of(written: str) -> dict[str, object]:
    """Read a form, or a query, into the shape that its names have: `a[b][0]=c`."""
    shape: dict[str, Any] = {}
    for name, value in parse_qsl(written, keep_blank_values=True):
        *above, last = _PARTS.findall(name)
        inner = shape
        for part in above:
            inner = inner.setdefault(part, {})
        inner[last] = value
    return {name: _with_lists(each) for name, each in shape.items()}


def _with_lists(shape: object) -> object:
    if not isinstance(shape, dict):
        return shape
    inner = {name: _with_lists(each) for name, each in shape.items()}
    is_list = list(inner) == [str(number) for number in range(len(inner))]
    return list(inner.values()) if is_list else inner


def _is_scalar(value: object, kind: Any, scalars: Scalars) -> bool:
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if kind is float and scalars is JSON:
        return type(value) in {int, float, Decimal}
    if kind not in scalars:
        return kind is NoneType and value is None
    of, written = scalars[kind]
    return type(value) is of and re.fullmatch(written, str(value)) is not None


def _may_be_null(kind: Any) -> bool:
    return kind is Any or NoneType in get_args(kind)


@cache
def _hints(kind: Any, own: frozenset[str]) -> Mapping[str, Any]:
    """Read the annotations of a class, without those of its bases."""
    told = {name: each for name, each in kind.__annotations__.items() if name not in own}
    if hasattr(kind, "OBJECT_NAME"):
        told = {"object": Literal[kind.OBJECT_NAME], **told}
        told.pop("OBJECT_NAME", None)
    alone = type("Alone", (), {"__annotations__": told, "__module__": kind.__module__})
    return get_type_hints(alone, localns=_hidden(kind.__module__))


@cache
def _hidden(module: str) -> "_Hidden":
    source = getsource(sys.modules[module])
    return _Hidden({as_ or name: (of, name) for of, name, as_ in _HIDDEN.findall(source)})


class _Hidden(dict[str, Any]):
    """Names that a module imports only for readers of types, imported when they are asked for."""

    def __getitem__(self, name: str) -> Any:
        module, inner = super().__getitem__(name)
        return getattr(import_module(module), inner)
