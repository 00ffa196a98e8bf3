"""Rows of the books as a world is judged by them."""

from typing import Any

from storage.transaction import SqlTransaction


def rows(tx: SqlTransaction, query: str) -> list[Any]:
    """Return the rows of a query, sorted."""
    tx.cursor.execute(query)
    return sorted((tuple(row) for row in tx.cursor.fetchall()), key=repr)
