"""Who works here: the processes of one database, and the lanes each of them holds.

A process has a row from its start to its stop, with a number of its own (the node of its ids) and a
lease it renews every few seconds. A lane belongs to whoever its row names, until that process's
lease has run out *and* the lane's own time is over: the time of an effect that may still be on its
way. So an owner renews one row, however many lanes it holds.

On SQLite one process owns everything by its lock file, and these tables stay empty (ADR 0008).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import CheckConstraint, bindparam, literal_column, select, text, tuple_
from sqlalchemy.sql.elements import TextClause

from core.domain.work import Kind, Priority, Waiting, WorkId
from storage.schema import EPOCH, UtcTime, number, table, time
from storage.schema import text as words
from storage.statements import IsListed, Statement
from storage.work import WORK, is_behind

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction

PROCESS: Final = table(
    "process",
    number("node", primary_key=True, autoincrement=False),
    words("owner", unique=True),
    words("parts"),
    time("since"),
    time("seen_at"),
    time("until"),
    CheckConstraint("node BETWEEN 1 AND 199", name="node"),
)

LANE: Final = table("lane", words("key", primary_key=True), words("owner"), time("until"))

PAUSE: Final = table("pause", words("name", primary_key=True), time("until"))

NODES: Final = range(1, 200)
"""Numbers of processes; 0 is the service on SQLite, those above are for commands of the shell."""

REST: Final = timedelta(seconds=60)
"""How long a number stays unused after its process: its last ids are past by then."""

MAX_ID: Final = (1 << 63) - 1
MAX_RELEASED: Final = 32
"""Lanes that one statement gives back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process that is alive: its lease has not run out."""

    node: int
    owner: str
    parts: frozenset[str]
    since: datetime
    seen_at: datetime
    until: datetime


class NoNumberLeft(Exception):
    """Every number is taken or resting."""


_DEAD: Final = (
    "lane.until <= :now AND lane.owner NOT IN"
    " (SELECT process.owner FROM process WHERE process.until > :now)"
)
_LIVE: Final = "work.status IN ('due', 'sent')"


def _timed(sql: str, *times: str) -> TextClause:
    return text(sql).bindparams(*(bindparam(name, type_=UtcTime()) for name in times))


_NUMBERS: Final = Statement(
    text("SELECT node, owner, parts, since, seen_at, until FROM process ORDER BY node").columns(
        PROCESS.c.node,
        PROCESS.c.owner,
        PROCESS.c.parts,
        PROCESS.c.since,
        PROCESS.c.seen_at,
        PROCESS.c.until,
    )
)
_JOIN: Final = Statement(
    _timed(
        "INSERT INTO process (node, owner, parts, since, seen_at, until)"
        " VALUES (:node, :owner, :parts, :now, :now, :until)"
        " ON CONFLICT (node) DO UPDATE SET owner = excluded.owner, parts = excluded.parts,"
        " since = excluded.since, seen_at = excluded.seen_at, until = excluded.until"
        " WHERE process.until <= :rested",
        "now",
        "until",
        "rested",
    )
)
_RENEW: Final = Statement(
    _timed("UPDATE process SET until = :until, seen_at = :now WHERE owner = :owner", "until", "now")
)
_TAKE: Final = Statement(
    _timed(
        "INSERT INTO lane (key, owner, until) VALUES (:key, :owner, :until)"
        " ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, until = excluded.until"
        f" WHERE lane.owner = excluded.owner OR ({_DEAD})",
        "until",
        "now",
    )
)
_ENTER: Final = Statement(
    _timed("UPDATE lane SET until = :until WHERE key = :key AND owner = :owner", "until")
)
_GIVE: Final = Statement(
    text(
        "DELETE FROM lane WHERE owner = :owner AND key IN"
        f" ({', '.join(f':key_{n}' for n in range(MAX_RELEASED))})"
    )
)
_GIVE_ALL: Final = Statement(text("DELETE FROM lane WHERE owner = :owner"))
_HELD: Final = Statement(text("SELECT key FROM lane WHERE owner = :owner"))
_PAUSE: Final = Statement(
    _timed(
        "INSERT INTO pause (name, until) VALUES (:name, :until)"
        " ON CONFLICT (name) DO UPDATE SET until = excluded.until"
        " WHERE pause.until < excluded.until",
        "until",
    )
)
_PAUSES: Final = Statement(
    text("SELECT name, until FROM pause").columns(PAUSE.c.name, PAUSE.c.until)
)
_SWEEP: Final = tuple(
    Statement(_timed(sql, "now"))
    for sql in (f"DELETE FROM lane WHERE {_DEAD}", "DELETE FROM pause WHERE until <= :now")
)


@cache
def _claim(kinds: frozenset[Kind]) -> Statement:
    """Return what takes free lanes of due rows, those that matter most and wait longest first."""
    return Statement(
        _timed(
            "INSERT INTO lane (key, owner, until)"
            " SELECT waiting.lane, CAST(:owner AS TEXT), CAST(:start AS BIGINT) FROM"
            " (SELECT work.lane AS lane, MIN(work.priority) AS priority, MIN(work.id) AS id"
            f" FROM work WHERE {_LIVE} AND work.due_at <= :now AND {_of(kinds)}"
            " AND work.id BETWEEN :low AND :high AND work.priority <= :most"
            " AND NOT EXISTS (SELECT 1 FROM lane WHERE lane.key = work.lane"
            f" AND NOT ({_DEAD}))"
            " GROUP BY work.lane ORDER BY priority, id LIMIT :limit) AS waiting WHERE true"
            " ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, until = excluded.until"
            f" WHERE {_DEAD} RETURNING key",
            "start",
            "now",
        )
    )


@cache
def _due(kinds: frozenset[Kind]) -> Statement:
    """Return what finds the due rows of the lanes somebody holds, in their order."""
    held = select(LANE.c.key).where(LANE.c.owner == bindparam("owner"))
    return Statement(
        select(WORK.c.priority, WORK.c.id, WORK.c.lane)
        .where(
            literal_column(f"{_LIVE} AND {_of(kinds)}"),
            WORK.c.due_at <= bindparam("at"),
            is_behind(),
            WORK.c.lane.in_(held),
        )
        .order_by(WORK.c.priority, WORK.c.id)
        .limit(bindparam("limit"))
    )


@cache
def _before(kinds: frozenset[Kind]) -> Statement:
    """Return what finds the due row right before each of some rows in its lane."""
    older, now = WORK.alias("older"), bindparam("now", type_=UtcTime())
    newest = (
        select(older.c.id)
        .where(
            literal_column(f"older.status IN ('due', 'sent') AND {_of(kinds, 'older')}"),
            older.c.lane == WORK.c.lane,
            older.c.due_at <= now,
            tuple_(older.c.priority, older.c.id) < tuple_(WORK.c.priority, WORK.c.id),
        )
        .order_by(older.c.priority.desc(), older.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return Statement(select(WORK.c.id, newest).where(IsListed(WORK.c.id, bindparam("ids"))))


def _of(kinds: Iterable[Kind], rows: str = "work") -> str:
    listed = ", ".join(f"'{kind.value}'" for kind in sorted(kinds))
    return f"{rows}.kind IN ({listed})"


class SqlLeases:
    """Processes, lanes and shared pauses in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def join(self, *, owner: str, parts: Collection[str], lease_s: int) -> int:
        """Write a process down and return its number, which no other living process has.

        Raises:
            NoNumberLeft: there are too many, or too many have just ended.
        """
        rested = self._tx.now - REST
        taken = {p.node for p in self._processes() if p.until > rested}
        for node in NODES:
            if node in taken:
                continue
            values = {"node": node, "owner": owner, "parts": ",".join(sorted(parts))}
            until = self._tx.now + timedelta(seconds=lease_s)
            if self._run(_JOIN, **values, now=self._tx.now, until=until, rested=rested):
                return node
        raise NoNumberLeft

    def renew(self, owner: str, *, lease_s: int) -> bool:
        """Renew a process's lease, and with it every lane it holds; False when it is another's."""
        until = self._tx.now + timedelta(seconds=lease_s)
        return bool(self._run(_RENEW, owner=owner, until=until, now=self._tx.now))

    def leave(self, owner: str) -> None:
        """End a process: its lanes are free at once, its number rests."""
        self._run(_GIVE_ALL, owner=owner)
        self._run(_RENEW, owner=owner, until=self._tx.now, now=self._tx.now)

    def living(self) -> tuple[Process, ...]:
        """Return the processes whose lease has not run out, by number."""
        return tuple(each for each in self._processes() if each.until > self._tx.now)

    def claim(
        self,
        owner: str,
        *,
        kinds: frozenset[Kind],
        most: Priority = Priority.QUIET,
        limit: int,
        low: int = 0,
        high: int = MAX_ID,
    ) -> frozenset[str]:
        """Take free lanes that have due rows; `most` and the range of ids leave others out."""
        if not kinds or limit <= 0:
            return frozenset()
        values: dict[str, Any] = {"owner": owner, "start": EPOCH, "now": self._tx.now}
        values |= {"low": low, "high": high, "most": int(most), "limit": limit}
        return frozenset(row[0] for row in _claim(kinds).rows(self._tx.cursor, values))

    def due(
        self, owner: str, *, kinds: frozenset[Kind], after: Waiting, limit: int
    ) -> tuple[Waiting, ...]:
        """Return the places of due rows in the lanes somebody holds, behind a given one."""
        if not kinds:
            return ()
        values: dict[str, Any] = {"owner": owner, "at": self._tx.now, "limit": limit}
        values |= {"priority_after": after.priority, "id_after": after.id}
        return tuple(Waiting(*row) for row in _due(kinds).rows(self._tx.cursor, values))

    def before(self, ids: Sequence[int], *, kinds: frozenset[Kind]) -> dict[int, WorkId]:
        """Return the due row that stands right before each of these in its lane, where one does."""
        values = {"ids": f"[{','.join(map(str, ids))}]", "now": self._tx.now}
        found = _before(kinds).rows(self._tx.cursor, values)
        return {row[0]: WorkId(row[1]) for row in found if row[1] is not None}

    def take(self, owner: str, key: str) -> bool:
        """Take one lane by name, or keep it; False while it is another's."""
        values = {"key": key, "owner": owner, "until": EPOCH, "now": self._tx.now}
        return bool(self._run(_TAKE, **values))

    def enter(self, owner: str, key: str, *, until: datetime) -> bool:
        """Say that an effect is on its way until then; False when the lane is not the owner's.

        The lane's row stays locked until this transaction ends: nobody takes it over meanwhile.
        """
        return bool(self._run(_ENTER, owner=owner, key=key, until=until))

    def finish(self, owner: str, key: str) -> None:
        """Say that the effect is over."""
        self._run(_ENTER, owner=owner, key=key, until=EPOCH)

    def release(self, owner: str, keys: Collection[str]) -> None:
        """Give lanes back."""
        left = sorted(keys)
        while left:
            some, left = left[:MAX_RELEASED], left[MAX_RELEASED:]
            padded = [*some, *[some[-1]] * (MAX_RELEASED - len(some))]
            named = {f"key_{place}": key for place, key in enumerate(padded)}
            self._run(_GIVE, owner=owner, **named)

    def held(self, owner: str) -> frozenset[str]:
        """Return the lanes somebody holds."""
        return frozenset(row[0] for row in _HELD.rows(self._tx.cursor, {"owner": owner}))

    def pause(self, name: str, *, until: datetime) -> None:
        """Ask every process to pause something; a longer pause stands."""
        self._run(_PAUSE, name=name, until=until)

    def pauses(self) -> dict[str, datetime]:
        """Return when each pause ends, those that are over included."""
        return {row[0]: row[1] for row in _PAUSES.rows(self._tx.cursor, {})}

    def sweep(self) -> None:
        """Delete the lanes of processes that are gone, and pauses that are over."""
        for statement in _SWEEP:
            self._run(statement, now=self._tx.now)

    def _processes(self) -> tuple[Process, ...]:
        rows = _NUMBERS.rows(self._tx.cursor, {})
        return tuple(
            Process(
                node=row[0],
                owner=row[1],
                parts=frozenset(row[2].split(",")),
                since=row[3],
                seen_at=row[4],
                until=row[5],
            )
            for row in rows
        )

    def _run(self, statement: Statement, **values: Any) -> int:
        statement.run(self._tx.cursor, values)
        return self._tx.cursor.rowcount
