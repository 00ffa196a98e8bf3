"""Telegram's HTML: tags become entities, broken markup is refused as Telegram refuses it.

Source: td/telegram/MessageEntity.cpp of tdlib/td (parse_html), seen November 2026.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from bot.sandbox.records import Entity, Formatted
from bot.sandbox.refusals import bad_request

MAX_ENTITIES: Final = 100
MAX_SOURCE_BYTES: Final = 1 << 15

TYPES: Final[Mapping[str, str]] = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
    "tg-time": "date_time",
}

_NAMED: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE: Final = re.compile(r"&(#x?[0-9a-fA-F]{1,8}|lt|gt|amp|quot);?")
_ATTRIBUTE: Final = re.compile(r"\s*([^\s=>/\"']+)\s*")
_BARE_VALUE: Final = re.compile(r"[A-Za-z0-9.-]+")
_USER_LINK: Final = re.compile(r"tg://user\?id=(\d+)\Z")

_FOUND: Final = re.compile(
    r"(?P<url>\b(?:https?://|t\.me/)[^\s<>\"]+[^\s<>\".,;:!?)\]])"
    r"|(?P<email>\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?<![\w/])(?P<bot_command>/[A-Za-z0-9_]{1,32}(?:@\w{3,32})?)(?![\w/])"
    r"|(?<![\w@])(?P<mention>@[A-Za-z]\w{3,31})(?!\w)"
)


def utf16_length(text: str) -> int:
    """Return the length as Telegram counts it: UTF-16 units."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)  # noqa: PLR2004 - last of the basic plane


@dataclass(slots=True, kw_only=True)
class _Open:
    tag: str
    begin: int
    attributes: dict[str, str]
    at: int


class _HtmlReader:
    """One pass over the source; `text` and `entities` are filled on the way."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.parts: list[str] = []
        self.length = 0
        self.open: list[_Open] = []
        self.entities: list[Entity] = []

    def read(self) -> Formatted:
        while self.at < len(self.source):
            character = self.source[self.at]
            if character == "<":
                self._tag()
            elif character == "&":
                self._reference()
            else:
                self._take_plain()
        if self.open:
            raise _broken(f'Can\'t find end tag corresponding to start tag "{self.open[-1].tag}"')
        ordered = sorted(self.entities, key=lambda entity: (entity.offset, -entity.length))
        return Formatted(text="".join(self.parts), entities=tuple(ordered))

    def _emit(self, text: str) -> None:
        self.parts.append(text)
        self.length += utf16_length(text)

    def _take_plain(self) -> None:
        found = re.compile(r"[^<&]+").match(self.source, self.at)
        text = found.group() if found else self.source[self.at]
        self.at += len(text)
        self._emit(text)

    def _reference(self) -> None:
        found = _REFERENCE.match(self.source, self.at)
        decoded = _decode(found.group(1)) if found else ""
        if found is None or not decoded:
            self.at += 1
            self._emit("&")
            return
        self.at = found.end()
        self._emit(decoded)

    def _tag(self) -> None:
        begin = self.at
        self.at += 1
        if self.source.startswith("/", self.at):
            self._end_tag(begin)
        else:
            self._start_tag(begin)

    def _name(self, begin: int, kind: str) -> str:
        start = self.at
        while self.at < len(self.source) and self.source[self.at] not in " \t\r\n>":
            self.at += 1
        if self.at == len(self.source):
            raise _broken(f"Unclosed {kind} tag at byte offset {self._bytes(begin)}")
        return self.source[start : self.at].lower()

    def _bytes(self, position: int) -> int:
        return len(self.source[:position].encode())

    def _start_tag(self, begin: int) -> None:
        tag = self._name(begin, "start")
        where = self._bytes(begin)
        if tag not in TYPES:
            raise _broken(f'Unsupported start tag "{tag}" at byte offset {where}')
        attributes = self._attributes(tag, begin)
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            raise _broken(f'Tag "span" must have class "tg-spoiler" at byte offset {where}')
        self.open.append(_Open(tag=tag, begin=self.length, attributes=attributes, at=begin))

    def _attributes(self, tag: str, begin: int) -> dict[str, str]:
        attributes: dict[str, str] = {}
        where = self._bytes(begin)
        while True:
            while self.at < len(self.source) and self.source[self.at].isspace():
                self.at += 1
            if self.source.startswith(">", self.at):
                self.at += 1
                return attributes
            if self.at == len(self.source):
                raise _broken(f'Unclosed start tag "{tag}" at byte offset {where}')
            found = _ATTRIBUTE.match(self.source, self.at)
            if found is None:
                raise _broken(f'Empty attribute name in the tag "{tag}" at byte offset {where}')
            self.at = found.end()
            attributes[found.group(1).lower()] = self._value(tag, where)

    def _value(self, tag: str, where: int) -> str:
        if not self.source.startswith("=", self.at):
            return ""
        self.at += 1
        while self.at < len(self.source) and self.source[self.at].isspace():
            self.at += 1
        quote = self.source[self.at : self.at + 1]
        if quote and quote in "\"'":
            end = self.source.find(quote, self.at + 1)
            if end < 0:
                raise _broken(f'Unclosed start tag "{tag}" at byte offset {where}')
            raw = self.source[self.at + 1 : end]
            self.at = end + 1
            return _decode_all(raw)
        found = _BARE_VALUE.match(self.source, self.at)
        if found is None:
            raise _broken(f'Unexpected end of the tag "{tag}" at byte offset {where}')
        self.at = found.end()
        return found.group().lower()

    def _end_tag(self, begin: int) -> None:
        self.at += 1
        where = self._bytes(begin)
        if not self.open:
            raise _broken(f"Unexpected end tag at byte offset {where}")
        name = self._name(begin, "end")
        while self.at < len(self.source) and self.source[self.at].isspace():
            self.at += 1
        if not self.source.startswith(">", self.at):
            raise _broken(f"Unclosed end tag at byte offset {where}")
        self.at += 1
        opened = self.open.pop()
        if name and name != opened.tag:
            raise _broken(
                f"Unmatched end tag at byte offset {where},"
                f' expected "</{opened.tag}>", found "</{name}>"'
            )
        if self.length > opened.begin:
            self._close(opened)

    def _close(self, opened: _Open) -> None:
        entity = _entity(opened, self.length - opened.begin, self._text_from(opened.begin))
        inner = self.entities[-1] if self.entities else None
        if (
            entity is not None
            and entity.type == "pre"
            and inner is not None
            and inner.type == "code"
            and (inner.offset, inner.length) == (entity.offset, entity.length)
        ):
            self.entities[-1] = replace(entity, language=inner.language)
        elif entity is not None:
            self.entities.append(entity)

    def _text_from(self, begin: int) -> str:
        return _cut("".join(self.parts), begin, self.length)


def _broken(text: str) -> Exception:
    return bad_request(f"can't parse entities: {text}")


def _decode(reference: str) -> str:
    if not reference.startswith("#"):
        return _NAMED[reference]
    digits = reference[1:]
    try:
        code = int(digits[1:], 16) if digits.lower().startswith("x") else int(digits)
        return chr(code) if code else ""
    except (ValueError, OverflowError):
        return ""


def _decode_all(raw: str) -> str:
    return _REFERENCE.sub(lambda found: _decode(found.group(1)) or found.group(), raw)


def _cut(text: str, begin: int, end: int) -> str:
    units = text.encode("utf-16-le")
    return units[begin * 2 : end * 2].decode("utf-16-le", "replace")


def _entity(opened: _Open, length: int, inner: str) -> Entity | None:
    entity = Entity(type=TYPES[opened.tag], offset=opened.begin, length=length)
    attributes = opened.attributes
    if opened.tag == "a":
        return _link(entity, attributes.get("href") or inner)
    if opened.tag == "code":
        return replace(entity, language=attributes.get("class", "").removeprefix("language-"))
    if opened.tag == "blockquote" and "expandable" in attributes:
        return replace(entity, type="expandable_blockquote")
    if opened.tag == "tg-emoji":
        return replace(entity, custom_emoji_id=attributes.get("emoji-id", ""))
    if opened.tag == "tg-time":
        return _moment(entity, attributes)
    return entity


def _moment(entity: Entity, attributes: Mapping[str, str]) -> Entity:
    unix = attributes.get("unix", "")
    if not unix.isdecimal():
        raise _broken("Invalid date-time specified")
    return replace(entity, unix_time=int(unix), format=attributes.get("format", ""))


def _link(entity: Entity, url: str) -> Entity | None:
    person = _USER_LINK.match(url)
    if person is not None:
        return replace(entity, type="text_mention", user_id=int(person.group(1)))
    if re.match(r"(?:https?|tg|mailto|tel):", url) is None:
        if re.match(r"[\w-]+(?:\.[\w-]+)+", url) is None:
            return None
        url = f"http://{url}"
    return replace(entity, url=url)


def parse_html(source: str) -> Formatted:
    """Return the text without tags and its entities.

    Raises:
        ApiRefusal: the markup is broken, with Telegram's description.
    """
    if len(source.encode()) > MAX_SOURCE_BYTES:
        raise bad_request("text is too long")
    return _HtmlReader(source).read()


def found_entities(text: str) -> tuple[Entity, ...]:
    """Return what Telegram finds by itself: addresses, e-mails, commands and mentions."""
    return tuple(
        Entity(
            type=match.lastgroup or "url",
            offset=utf16_length(text[: match.start()]),
            length=utf16_length(match.group()),
        )
        for match in _FOUND.finditer(text)
    )


def finish(body: Formatted) -> Formatted:
    """Trim the text, shift the entities along and add what Telegram finds by itself."""
    left = len(body.text) - len(body.text.lstrip())
    text = body.text.strip()
    shift, total = utf16_length(body.text[:left]), utf16_length(text)
    kept = [moved for entity in body.entities if (moved := _clip(entity, shift, total)) is not None]
    taken = [
        (entity.offset, entity.offset + entity.length) for entity in kept if _is_closed(entity)
    ]
    kept += [
        entity
        for entity in found_entities(text)
        if not any(
            begin < entity.offset + entity.length and entity.offset < end for begin, end in taken
        )
    ]
    kept.sort(key=lambda entity: (entity.offset, -entity.length))
    return Formatted(text=text, entities=tuple(kept[:MAX_ENTITIES]))


def _is_closed(entity: Entity) -> bool:
    return entity.type in {"code", "pre", "text_link", "text_mention", "custom_emoji"}


def _clip(entity: Entity, shift: int, total: int) -> Entity | None:
    begin = max(entity.offset - shift, 0)
    end = min(entity.offset + entity.length - shift, total)
    if end <= begin:
        return None
    return replace(entity, offset=begin, length=end - begin)
