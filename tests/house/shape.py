"""Rules on how code is cut: sizes, names, docstrings, records, use cases."""

import ast
import re
from collections.abc import Iterator
from typing import Final

from tests.house.names import dotted
from tests.house.rule import Finding, Rule
from tests.house.tree import CODE, Source

MOST_LINES_OF_A_FILE: Final = 400
MOST_LINES_OF_A_FUNCTION: Final = 60
EVERYTHING: Final = (*CODE, "tests", "tools", "main.py")

EMPTY_NAMES: Final = re.compile(
    r"^(.*_)?(utils?|helpers?|common|base|managers?|services?|misc)$",
)
"""Module names that say nothing: a noun is missing."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def long_files(source: Source) -> Iterator[Finding]:
    """Find files that outgrew their noun."""
    if source.lines() > MOST_LINES_OF_A_FILE:
        yield 1, f"{source.lines()} lines, at most {MOST_LINES_OF_A_FILE}: split by noun"


def long_functions(source: Source) -> Iterator[Finding]:
    """Find functions that do not fit a screen."""
    for node in ast.walk(source.tree):
        if isinstance(node, Function):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MOST_LINES_OF_A_FUNCTION:
                yield node.lineno, f"{node.name}: {lines} lines, at most {MOST_LINES_OF_A_FUNCTION}"


def empty_names(source: Source) -> Iterator[Finding]:
    """Find modules and packages whose name says nothing."""
    for part in source.path.removesuffix(".py").split("/"):
        if EMPTY_NAMES.match(part):
            yield 1, f"{part}: names the drawer, not what is in it"


def undocumented(source: Source) -> Iterator[Finding]:
    """Find modules, public classes and public functions without a docstring."""
    if source.text.strip() and not ast.get_docstring(source.tree):
        yield 1, "module without a docstring"
    yield from undocumented_in(source.tree)


def undocumented_in(parent: ast.Module | ast.ClassDef) -> Iterator[Finding]:
    """Find what is public directly inside a module or class and says nothing."""
    for node in parent.body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        marks = {dotted(mark).rpartition(".")[2] for mark in node.decorator_list}
        if not ast.get_docstring(node) and not marks & {"overload", "setter"}:
            yield node.lineno, f"{node.name}: no docstring"
        if isinstance(node, ast.ClassDef):
            yield from undocumented_in(node)


def bare_excepts(source: Source) -> Iterator[Finding]:
    """Find `except:`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield node.lineno, "bare except: name what you expect"


def loose_records(source: Source) -> Iterator[Finding]:
    """Find dataclasses that can be changed, extended or filled by position."""
    wanted = {"frozen", "slots", "kw_only"}
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.ClassDef):
            continue
        for mark in node.decorator_list:
            call = mark.func if isinstance(mark, ast.Call) else mark
            if dotted(call).rpartition(".")[2] != "dataclass":
                continue
            given = {
                option.arg
                for option in (mark.keywords if isinstance(mark, ast.Call) else ())
                if isinstance(option.value, ast.Constant) and option.value.value is True
            }
            if wanted - given:
                missing = ", ".join(sorted(wanted - given))
                yield node.lineno, f"{node.name}: a record is also {missing}"


def loose_use_cases(source: Source) -> Iterator[Finding]:
    """Find use cases that take more than `tx` by position."""
    for node in source.tree.body:
        if not isinstance(node, Function) or node.name.startswith("_"):
            continue
        by_position = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        if by_position[:1] == ["tx"] and by_position[1:]:
            yield node.lineno, f"{node.name}: after tx everything is keyword-only"


LONG_FUNCTION: Final = "def f():\n" + "    x = 1\n" * MOST_LINES_OF_A_FUNCTION
FULL_FUNCTION: Final = "def f():\n" + "    x = 1\n" * (MOST_LINES_OF_A_FUNCTION - 1)

RULES: Final = (
    Rule(
        name="a-file-has-one-noun",
        find=long_files,
        folders=EVERYTHING,
        bad=(("core/x.py", "x = 1\n" * (MOST_LINES_OF_A_FILE + 1)),),
        good=(("core/x.py", "x = 1\n" * MOST_LINES_OF_A_FILE),),
    ),
    Rule(
        name="a-function-fits-a-screen",
        find=long_functions,
        folders=EVERYTHING,
        but=("storage/migrations/versions",),
        bad=(("core/x.py", LONG_FUNCTION), ("bot/x.py", f"async {LONG_FUNCTION}")),
        good=(("core/x.py", FULL_FUNCTION),),
    ),
    Rule(
        name="a-module-is-named-for-what-is-in-it",
        find=empty_names,
        folders=EVERYTHING,
        bad=(("core/utils.py", ""), ("bot/common/x.py", ""), ("bot/payment_service.py", "")),
        good=(("storage/database.py", ""), ("bot/wiring.py", "")),
    ),
    Rule(
        name="everything-public-says-what-it-is",
        find=undocumented,
        folders=(*CODE, "tools", "main.py"),
        bad=(
            ("core/x.py", "x = 1"),
            ("core/x.py", '"""M."""\n\ndef f(): ...'),
            ("core/x.py", '"""M."""\n\nclass A:\n    """A."""\n\n    def f(self): ...'),
            ("core/x.py", '"""M."""\n\nclass A: ...'),
        ),
        good=(
            ("core/x.py", ""),
            ("core/x.py", '"""M."""\n\ndef _f(): ...'),
            ("core/x.py", '"""M."""\n\ndef f():\n    """Do it."""\n    def g(): ...'),
        ),
    ),
    Rule(
        name="no-bare-except",
        find=bare_excepts,
        folders=EVERYTHING,
        bad=(("core/x.py", "try:\n    f()\nexcept:\n    pass"),),
        good=(("core/x.py", "try:\n    f()\nexcept ValueError:\n    pass"),),
    ),
    Rule(
        name="records-are-frozen-slotted-keyword-only",
        find=loose_records,
        folders=("core", "handlers"),
        but=(
            "core/domain/machines.py",
            "core/domain/money.py",  # Money(500, "NGN") reads better than with its two names.
        ),
        bad=(
            ("core/x.py", "@dataclass\nclass A: ..."),
            ("core/x.py", "@dataclasses.dataclass(frozen=True, slots=True)\nclass A: ..."),
            ("core/x.py", "@dataclass(frozen=False, slots=True, kw_only=True)\nclass A: ..."),
        ),
        good=(("core/x.py", "@dataclass(frozen=True, slots=True, kw_only=True)\nclass A: ..."),),
    ),
    Rule(
        name="use-cases-take-only-tx-by-position",
        find=loose_use_cases,
        folders=("core/use_cases",),
        bad=(("core/use_cases/x.py", "def f(tx, payment_id): ..."),),
        good=(("core/use_cases/x.py", "def f(tx, *, payment_id): ..."),),
    ),
)
