"""Rules on comments and strings: exceptions with a reason, no loose ends, SQL in its place."""

import re
from collections.abc import Iterator
from typing import Final

from tests.house.rule import Finding, Rule
from tests.house.tree import CODE, Source

EVERYTHING: Final = (*CODE, "tests", "tools", "main.py")

# The words are put together from parts, so that this file does not trip over itself.
IGNORE: Final = "type: " + "ignore"
NOQA: Final = "no" + "qa"
LATER: Final = "TO" + "DO"

BARE_IGNORE: Final = re.compile(rf"{IGNORE}(?!\[)")
BARE_NOQA: Final = re.compile(rf"\b{NOQA}\b(?!: [A-Z]+[0-9]+(, ?[A-Z]+[0-9]+)*\s+\S)")
OPEN_END: Final = re.compile(rf"\b({LATER}|FIX" + r"ME|XXX|HACK)\b(?!.*#\d)")
COLLISION: Final = re.compile(
    r"\bOR\s+(IGNORE|REPLACE|FAIL|ROLLBACK)\b|\bREPLACE\s+INTO\b|"
    r"(?i:\b(insert|update)\s+or\s+(ignore|replace|fail|rollback)\b)",
)
SQL: Final = re.compile(
    r"^\s*(SELECT\s.*\sFROM\s|INSERT\s+INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s|"
    r"(CREATE|DROP|ALTER)\s+(TABLE|(UNIQUE\s+)?INDEX|TRIGGER|VIEW)\s|PRAGMA\s|BEGIN\s+IMMEDIATE)",
    re.DOTALL,
)


def bare_ignores(source: Source) -> Iterator[Finding]:
    """Find checks that are silenced without naming which, or without saying why."""
    for line, comment in source.comments():
        if BARE_IGNORE.search(comment):
            yield line, f"{IGNORE} without its code in brackets"
        if BARE_NOQA.search(comment):
            yield line, f"{NOQA} needs its code and its reason: `# {NOQA}: X123 - why`"


def open_ends(source: Source) -> Iterator[Finding]:
    """Find what was left for later without an issue that remembers it."""
    for line, comment in source.comments():
        if OPEN_END.search(comment):
            yield line, f"{LATER} without an issue number (#12)"


def collisions(source: Source) -> Iterator[Finding]:
    """Find SQL that drops or overwrites a row where it should have been refused."""
    for line, text in source.strings():
        if COLLISION.search(text):
            yield (
                line,
                "a conflict is refused by a constraint, never swallowed: ON CONFLICT names it",
            )


def stray_sql(source: Source) -> Iterator[Finding]:
    """Find SQL outside storage."""
    for line, text in source.strings():
        if SQL.search(text) or SQL.search(text.upper() if text.islower() else text):
            yield line, "SQL is spoken in storage only"


RULES: Final = (
    Rule(
        name="a-silenced-check-is-named",
        find=bare_ignores,
        folders=EVERYTHING,
        bad=(
            ("core/x.py", f"x = 1  # {IGNORE}"),
            ("core/x.py", f"x = 1  # {NOQA}"),
            ("core/x.py", f"x = 1  # {NOQA}: S101"),
        ),
        good=(
            ("core/x.py", f"x = 1  # {IGNORE}[misc]"),
            ("core/x.py", f"x = 1  # {NOQA}: S101, S102 - both are meant"),
        ),
    ),
    Rule(
        name="what-is-left-for-later-has-an-issue",
        find=open_ends,
        folders=EVERYTHING,
        bad=(("core/x.py", f"# {LATER} tidy up"),),
        good=(("core/x.py", f"# {LATER}: tidy up (#12)"), ("core/x.py", f"x = '{LATER}'")),
    ),
    Rule(
        name="no-row-is-dropped-in-silence",
        find=collisions,
        folders=EVERYTHING,
        but=("tests/house",),
        bad=(
            ("storage/x.py", "q = 'INSERT OR IGNORE INTO seen VALUES (1)'"),
            ("storage/x.py", "q = insert(t).prefix_with('OR REPLACE')"),
            ("storage/x.py", "q = 'update or rollback t set a = 1'"),
            ("storage/x.py", "q = f'REPLACE INTO {t} VALUES (1)'"),
        ),
        good=(
            ("storage/x.py", "q = 'INSERT INTO seen VALUES (1) ON CONFLICT (key) DO NOTHING'"),
            ("handlers/x.py", "words = 'Cancel it or replace it.'"),
        ),
    ),
    Rule(
        name="sql-is-spoken-in-storage-only",
        find=stray_sql,
        folders=("core", "handlers", "bot", "tools", "main.py"),
        bad=(
            ("bot/x.py", "q = 'SELECT id FROM bill'"),
            ("core/x.py", "q = 'delete from bill'"),
            ("bot/x.py", "q = f'INSERT INTO {t} VALUES (1)'"),
        ),
        good=(
            ("handlers/x.py", "words = 'Select a bill from the list.'"),
            ("storage/x.py", "q = 'SELECT id FROM bill'"),
        ),
    ),
)
