"""Where a name in a file comes from: `sleep` → `asyncio.sleep`, whatever it is called here."""

import ast
from collections.abc import Iterator

from tests.house.tree import Source


def origins(source: Source) -> dict[str, str]:
    """Map local names to the dotted names they were imported from."""
    found: dict[str, str] = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                local = name.asname or name.name.partition(".")[0]
                found[local] = name.name if name.asname else local
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for name in node.names:
                found[name.asname or name.name] = f"{node.module}.{name.name}"
    return found


def references(source: Source) -> Iterator[tuple[int, str]]:
    """Yield every use of an imported name, or of something inside it, with its line."""
    known = origins(source)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name | ast.Attribute):
            head, _, rest = dotted(node).partition(".")
            if head in known:
                yield node.lineno, f"{known[head]}.{rest}" if rest else known[head]


def imported(source: Source) -> Iterator[tuple[int, str]]:
    """Yield every imported module (and module.name of from-imports), with its line."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = source.path.split("/")[: -node.level] if node.level else []
            module = ".".join([*package, *([node.module] if node.module else [])])
            yield node.lineno, module
            yield from ((node.lineno, f"{module}.{name.name}") for name in node.names)


def dotted(node: ast.expr) -> str:
    """Write a chain of attributes as text; empty when it does not start at a name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""
