"""Compare-and-set: how every race is decided, and what losing one looks like."""

from typing import Any

from sqlalchemy import CursorResult, update
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, SQLModel


class Raced(Exception):
    """Somebody else changed the row first; whoever catches this reads it again or gives way."""


class Missing(LookupError):
    """No row has this key."""


def swap(session: Session, row: SQLModel, expected: dict[str, Any], values: dict[str, Any]) -> bool:
    """Write `values` to `row` if it still holds `expected`; says whether it did, and brings `row` up to date."""
    session.flush()
    table = type(row)
    key: Any = table.__mapper__.primary_key[0]  # type: ignore[attr-defined]
    statement = update(table).where(key == getattr(row, key.name))
    for column, value in expected.items():
        statement = statement.where(getattr(table, column).is_not_distinct_from(value))
    result = session.execute(statement.values(**values).execution_options(synchronize_session=False))
    assert isinstance(result, CursorResult)
    if result.rowcount == 1:
        for column, value in values.items():
            set_committed_value(row, column, value)
        return True
    session.refresh(row)
    return False


def must_swap(session: Session, row: SQLModel, expected: dict[str, Any], values: dict[str, Any]) -> None:
    """As `swap`, but raises Raced where the row changed meanwhile."""
    if not swap(session, row, expected, values):
        raise Raced(f"{type(row).__name__} changed meanwhile")
