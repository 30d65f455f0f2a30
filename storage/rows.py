"""Rows: how one is found quickly by its key, and compare-and-set, which decides every race."""

from collections.abc import Collection, Hashable
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, Update, bindparam, inspect, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapper
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, SQLModel, select

Row = TypeVar("Row", bound=SQLModel)

KEPT = "kept"
"""Where a session holds what was found in it: it would forget, and read again, what nobody else holds."""


class Raced(Exception):
    """Somebody else changed the row first; whoever catches this reads it again or gives way."""


class Missing(LookupError):
    """No row has this key."""


def find(session: Session, model: type[Row], *key: Hashable) -> Row | None:
    """The row with this key, or None; read at most once in a piece of work (half the price of `session.get`)."""
    known = session.identity_map.get((model, key, None))
    if known is not None and not inspect(known).expired:
        return known
    names, statement = _by_key(model)
    row = session.scalars(statement, dict(zip(names, key, strict=True))).first()
    if row is not None:
        keep(session, row)
    return row


def gather(session: Session, model: type[Row], keys: Collection[Hashable]) -> None:
    """Read these rows at once, for whoever will `find` them in this piece of work."""
    if keys:
        keep(session, *session.scalars(_by_keys(model), {"keys": list(keys)}))


@cache
def _by_keys(model: type[Row]) -> Any:
    (key,) = inspect(model).primary_key
    return select(model).where(key.in_(bindparam("keys", expanding=True)))


def keep(session: Session, *rows: SQLModel) -> None:
    """Hold these as long as the piece of work lasts."""
    session.info.setdefault(KEPT, []).extend(rows)


def let_go(session: Session) -> None:
    """The next piece of work looks for itself."""
    session.expunge_all()
    session.info.pop(KEPT, None)


@cache
def _by_key(model: type[Row]) -> tuple[tuple[str, ...], Any]:
    mapper: Mapper[Row] = inspect(model)
    columns = mapper.primary_key
    names = tuple(f"key_{column.name}" for column in columns)
    asked = [column == bindparam(name) for column, name in zip(columns, names, strict=True)]
    return names, select(model).where(*asked)


def swap(session: Session, row: SQLModel, expected: dict[str, Any], values: dict[str, Any]) -> bool:
    """Write `values` to `row` if it still holds `expected`; says whether it did, and brings `row` up to date."""
    session.flush()
    key, statement = _swap(type(row), tuple(expected), tuple(values))
    given = {f"was_{column}": value for column, value in expected.items()} | values
    result = session.connection().execute(statement, {**given, "swapped": getattr(row, key)})
    if result.rowcount == 1:
        for column, value in values.items():
            set_committed_value(row, column, value)
        return True
    session.refresh(row)
    return False


@cache
def _swap(model: type[SQLModel], expected: tuple[str, ...], values: tuple[str, ...]) -> tuple[str, Update]:
    """The statement, built once for each set of columns, and the name of the key."""
    mapper: Mapper[SQLModel] = inspect(model)
    table, key = mapper.local_table, mapper.primary_key[0]
    statement = update(table).where(key == bindparam("swapped"))  # type: ignore[arg-type]
    for column in expected:
        statement = statement.where(table.c[column].is_not_distinct_from(bindparam(f"was_{column}")))
    return key.name, statement.values({column: bindparam(column) for column in values})


INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
"""The insert of each engine that knows what to do on a conflict."""


def unless_known(connection: Connection, table: Table) -> Any:
    """An insert that leaves alone whatever an index says is there already."""
    return _unless_known(connection.dialect.name, table)


@cache
def _unless_known(dialect: str, table: Table) -> Any:
    return INSERT[dialect](table).on_conflict_do_nothing()


def must_swap(session: Session, row: SQLModel, expected: dict[str, Any], values: dict[str, Any]) -> None:
    """As `swap`, but raises Raced where the row changed meanwhile."""
    if not swap(session, row, expected, values):
        raise Raced(f"{type(row).__name__} changed meanwhile")
