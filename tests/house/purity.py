"""Rules on what code may touch: clocks, chance, floats, libraries, waiting."""

import ast
import re
import sys
from collections.abc import Iterator
from typing import Final

from tests.house.names import dotted, imported, references
from tests.house.rule import Finding, Rule
from tests.house.tree import CODE, Source

PORTS: Final = (
    "bot/ports.py",
    "bot/sandbox",
    "storage/keyring.py",  # Draws its nonces itself: one that a test could fix would be a hole.
)
"""Where clock, chance and pauses come from; everyone else is handed them."""

IMPURE: Final = (
    "asyncio.sleep",
    "datetime.date.today",
    "datetime.datetime.fromtimestamp",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "os.urandom",
    "random",
    "secrets.choice",
    "secrets.randbelow",
    "secrets.randbits",
    "secrets.token_bytes",
    "secrets.token_hex",
    "secrets.token_urlsafe",
    "time.sleep",
    "time.time",
    "time.time_ns",
    "uuid.uuid1",
    "uuid.uuid4",
)

MONEY_WORDS: Final = re.compile(
    r"(?i)amount|balance|credit|debit|fee|minor|money|price|total",
)
NOT_MONEY: Final = re.compile(r"(_s|_ms|_ratio|_share_of_time)$")
"""Names that end in a unit of time, or say they are a ratio, may be floats."""


def impure(source: Source) -> Iterator[Finding]:
    """Find clocks, chance and pauses."""
    for line, name in references(source):
        if name in IMPURE or name.startswith("random."):
            yield line, f"{name}: clock, chance and pauses are ports (bot/ports.py)"
    for line, name in imported(source):
        if name in IMPURE:
            yield line, f"{name}: clock, chance and pauses are ports (bot/ports.py)"


def floats(source: Source) -> Iterator[Finding]:
    """Find floats where money is counted: every float, but for times named with their unit."""
    allowed = {id(part) for part in times(source) for part in ast.walk(part)}
    for node in ast.walk(source.tree):
        if id(node) in allowed:
            continue
        if isinstance(node, ast.Name) and node.id == "float":
            yield node.lineno, "float: money is whole minor units"
        elif isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno, f"{node.value}: money is whole minor units"


def times(source: Source) -> Iterator[ast.AST]:
    """Yield the arguments, fields, assignments and keywords whose name ends in a unit of time."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.arg | ast.keyword):
            names = [node.arg or ""]
        elif isinstance(node, ast.AnnAssign):
            names = [dotted(node.target)]
        elif isinstance(node, ast.Assign):
            names = [dotted(target) for target in node.targets]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if NOT_MONEY.search(node.name) and node.returns:
                yield node.returns
            continue
        else:
            continue
        if all(NOT_MONEY.search(name.lower()) for name in names):
            yield node


def float_money(source: Source) -> Iterator[Finding]:
    """Find money that is made a float or divided with a rest thrown away."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and dotted(node.func) == "float":
            parts: list[ast.expr] = node.args
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            parts = [node.left, node.right]
        else:
            continue
        if any(MONEY_WORDS.search(ast.unparse(part)) for part in parts):
            yield node.lineno, f"{ast.unparse(node)}: money is never a float; split in whole units"


def foreign_imports(source: Source) -> Iterator[Finding]:
    """Find imports that are neither the standard library nor core."""
    for line, name in imported(source):
        top = name.partition(".")[0]
        if top != "core" and top not in sys.stdlib_module_names:
            yield line, f"{name}: core stands on the standard library alone"


def waiting(source: Source) -> Iterator[Finding]:
    """Find coroutines and awaits."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith):
            yield node.lineno, "inside a transaction there is nothing to await"


def casts(source: Source) -> Iterator[Finding]:
    """Find `typing.cast`."""
    for line, name in [*references(source), *imported(source)]:
        if name in {"typing.cast", "typing_extensions.cast"}:
            yield line, "cast: say it with types, or check it"


RULES: Final = (
    Rule(
        name="clock-and-chance-are-ports",
        find=impure,
        folders=CODE,
        but=PORTS,
        bad=(
            ("core/x.py", "from datetime import datetime\nx = datetime.now(None)"),
            ("core/x.py", "import datetime as d\nx = d.datetime.utcnow"),
            ("bot/x.py", "import time\nx = time.time()"),
            ("bot/x.py", "from time import time_ns"),
            ("bot/x.py", "import asyncio\n\nasync def f():\n    await asyncio.sleep(1)"),
            ("bot/x.py", "from asyncio import sleep as pause"),
            ("storage/x.py", "from uuid import uuid4\nx = uuid4()"),
            ("handlers/x.py", "import random\nx = random.choice([1])"),
            ("bot/x.py", "import secrets\nx = secrets.token_hex(8)"),
        ),
        good=(
            ("bot/ports.py", "import time\nx = time.time()"),
            ("bot/sandbox/x.py", "import uuid\nx = uuid.uuid4()"),
            ("bot/x.py", "import secrets\nx = secrets.compare_digest('a', 'b')"),
            ("core/x.py", "def f(tx):\n    return tx.now"),
        ),
    ),
    Rule(
        name="no-float-where-money-is-counted",
        find=floats,
        folders=("core", "storage"),
        bad=(
            ("core/x.py", "x: float"),
            ("core/x.py", "def f(amount):\n    return amount * 1.5"),
            ("storage/x.py", "x = float('1')"),
        ),
        good=(
            ("core/x.py", "pause_s: float = 1.5"),
            ("storage/x.py", "connect(timeout_s=0.5)"),
            ("storage/x.py", "BUSY_TIMEOUT_S: Final = 0.5"),
            ("storage/x.py", "def age_s() -> float: ..."),
        ),
    ),
    Rule(
        name="money-is-never-a-float",
        find=float_money,
        folders=(*CODE, "tests"),
        bad=(
            ("bot/x.py", "x = float(amount)"),
            ("bot/x.py", "x = payment.amount_minor / 100"),
            ("tests/x.py", "x = float(bill.total.minor)"),
        ),
        good=(
            ("bot/x.py", "x = amount_minor // 100"),
            ("bot/x.py", "x = ROOT / 'data'"),
            ("bot/x.py", "x = float(pause)"),
        ),
    ),
    Rule(
        name="core-stands-on-the-standard-library",
        find=foreign_imports,
        folders=("core",),
        bad=(
            ("core/x.py", "import pydantic"),
            ("core/x.py", "from storage.x import y"),
            ("core/x.py", "def f():\n    import aiohttp"),
        ),
        good=(
            ("core/x.py", "from decimal import Decimal\nfrom core.domain.money import Money"),
            ("core/domain/x.py", "from .money import Money"),
        ),
    ),
    Rule(
        name="nothing-waits-inside-a-transaction",
        find=waiting,
        folders=("core/use_cases", "handlers/flows", "handlers/screens"),
        bad=(
            ("core/use_cases/x.py", "async def f(tx): ..."),
            ("handlers/flows/x.py", "async def f(tx):\n    await tx"),
        ),
        good=(("core/use_cases/x.py", "def f(tx): ..."),),
    ),
    Rule(
        name="no-cast",
        find=casts,
        folders=(*CODE, "tests", "tools", "main.py"),
        bad=(
            ("core/x.py", "from typing import cast"),
            ("bot/x.py", "import typing\nx = typing.cast(int, 1)"),
        ),
        good=(("storage/x.py", "from sqlalchemy import cast\nx = cast(1, 2)"),),
    ),
)
