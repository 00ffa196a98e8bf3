"""Telegram's HTML: what becomes of tags, and what is refused."""

import pytest

from bot.sandbox.entities import finish, parse_html
from bot.sandbox.records import Formatted
from bot.sandbox.refusals import ApiRefusal


def shape(source: str) -> list[tuple[str, int, int]]:
    return [(one.type, one.offset, one.length) for one in parse_html(source).entities]


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("b", "bold"),
        ("strong", "bold"),
        ("i", "italic"),
        ("em", "italic"),
        ("u", "underline"),
        ("ins", "underline"),
        ("s", "strikethrough"),
        ("strike", "strikethrough"),
        ("del", "strikethrough"),
        ("code", "code"),
        ("pre", "pre"),
        ("tg-spoiler", "spoiler"),
        ("blockquote", "blockquote"),
    ],
)
def test_each_tag_becomes_its_entity(tag: str, kind: str) -> None:
    assert shape(f"x<{tag}>ab</{tag}>") == [(kind, 1, 2)]


def test_span_is_a_spoiler_only_by_its_class() -> None:
    assert shape('<span class="tg-spoiler">5</span>') == [("spoiler", 0, 1)]
    with pytest.raises(ApiRefusal, match='Tag "span" must have class "tg-spoiler"'):
        parse_html('<span class="red">5</span>')


def test_expandable_quote() -> None:
    assert shape("<blockquote expandable>a</blockquote>") == [("expandable_blockquote", 0, 1)]


def test_code_in_pre_names_the_language() -> None:
    (entity,) = parse_html('<pre><code class="language-python">x</code></pre>').entities
    assert (entity.type, entity.language) == ("pre", "python")


def test_custom_emoji_and_links() -> None:
    emoji, link, person = parse_html(
        '<tg-emoji emoji-id="5368">👍</tg-emoji><a href="https://e.com/?a=1&amp;b=2">l</a>'
        '<a href="tg://user?id=42">p</a>'
    ).entities
    assert emoji.custom_emoji_id == "5368"
    assert link.url == "https://e.com/?a=1&b=2"
    assert (person.type, person.user_id) == ("text_mention", 42)


def test_a_dangerous_link_is_no_link() -> None:
    assert shape('<a href="javascript:alert(1)">x</a>') == []


def test_offsets_count_utf16_units() -> None:
    assert shape("🧾<b>5</b>") == [("bold", 2, 1)]


def test_nesting_and_character_references() -> None:
    parsed = parse_html("&lt;<b>a<i>b</i></b>&#x20AC;&amp;nbsp;&unknown;")
    assert parsed.text == "<ab€&nbsp;&unknown;"
    assert [one.type for one in parsed.entities] == ["bold", "italic"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<x>x</x>", 'Unsupported start tag "x" at byte offset 0'),
        ("€<x>", 'Unsupported start tag "x" at byte offset 3'),
        ("a < b", "Unsupported start tag"),
        ("a <", "Unclosed start tag at byte offset 2"),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ('<a href="x', 'Unclosed start tag "a" at byte offset 0'),
        ("<b>x</b", "Unclosed end tag"),
    ],
)
def test_broken_markup_is_refused_in_telegrams_words(source: str, words: str) -> None:
    with pytest.raises(ApiRefusal) as refusal:
        parse_html(source)
    assert refusal.value.code == 400
    assert refusal.value.description.startswith("Bad Request: can't parse entities: ")
    assert words in refusal.value.description


def test_commands_links_and_mentions_are_found() -> None:
    body = finish(Formatted(text="  /pay see https://e.com/a, or @hazina_bot; a/b a@b.co "))
    assert body.text == "/pay see https://e.com/a, or @hazina_bot; a/b a@b.co"
    assert [(one.type, one.offset, one.length) for one in body.entities] == [
        ("bot_command", 0, 4),
        ("url", 9, 15),
        ("mention", 29, 11),
        ("email", 46, 6),
    ]


def test_trimming_shifts_and_cuts_entities() -> None:
    assert finish(parse_html("\n <b> a </b>\n")).entities[0].length == 1
    assert finish(parse_html("<b>  </b>")) == Formatted()


def test_nothing_is_found_within_code() -> None:
    assert [one.type for one in finish(parse_html("<code>/pay</code>")).entities] == ["code"]
