"""Many rows in one statement, in the shape that the database keeps: the gateway's hot path.

Model instances cost more than the commit that they share, so rows are plain tuples here, in the
order of the model's columns without a number that the database gives.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

import psycopg
from django.db import connection
from django.db.models import AutoField, BinaryField, BooleanField, Model

from esker.clinic.people.models import Clinic

Row = tuple[Any, ...]


def insert(model: type[Model], rows: Iterable[Row]) -> int:
    """Insert what is not there yet; how many rows that was."""
    ready = list(rows)
    if not ready:
        return 0
    if connection.vendor == "postgresql":
        return len(_insert_arrays(model, ready))
    with connection.cursor() as cursor:
        cursor.executemany(_of_values(model), ready)
        return int(cursor.rowcount)


def insert_new(model: type[Model], rows: Mapping[str, Row]) -> set[str]:
    """Insert, by their primary keys, those that are not there yet; the keys of these."""
    if not rows:
        return set()
    if connection.vendor == "postgresql":
        return set(_insert_arrays(model, rows.values()))
    new = rows.keys() - _known(model, rows)
    insert(model, (row for key, row in rows.items() if key in new))
    return new


def _insert_arrays(model: type[Model], rows: Iterable[Row]) -> list[Any]:
    """The keys of what was new. By the driver's own cursor: Django's writes rows into the SQL."""
    encoders = _encoders(model)
    columns = zip(*rows, strict=True)
    arrays = [_array(map(*each)) for each in zip(encoders, columns, strict=True)]
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(_of_arrays(model), arrays, prepare=True)
        return [row[0] for row in cursor]


def _known(model: type[Model], keys: Iterable[str]) -> set[str]:
    key, table = model._meta.pk.column, model._meta.db_table
    among = "(SELECT value FROM json_each(%s))"
    sql = f"SELECT {key} FROM {table} WHERE {key} IN {among}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [json.dumps([*keys])])
        return {row[0] for row in cursor.fetchall()}


def update(model: type[Model], change: str, rows: Iterable[Row]) -> None:
    """Carry `change` out once for each row, whose last value is the key of what it changes."""
    ready = list(rows)
    if ready:
        with connection.cursor() as cursor:
            cursor.executemany(f"UPDATE {model._meta.db_table} SET {change} WHERE id = %s", ready)  # noqa: S608


@cache
def _columns(model: type[Model]) -> tuple[str, ...]:
    fields = model._meta.concrete_fields
    return tuple(field.column for field in fields if not isinstance(field, AutoField))


@cache
def _of_values(model: type[Model]) -> str:
    names, marks = ", ".join(_columns(model)), ", ".join(["%s"] * len(_columns(model)))
    return f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608


@cache
def _of_arrays(model: type[Model]) -> str:
    """One array for each column: a statement for each row, or JSON, costs both sides more."""
    table, names, key = model._meta.db_table, ", ".join(_columns(model)), model._meta.pk.column
    types = (model._meta.get_field(name).db_type(connection) for name in _columns(model))
    # Without a length: casting to it would cut what the column refuses.
    arrays = ", ".join(f"%s::{each.partition('(')[0]}[]" for each in types)
    return (
        f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays}) "  # noqa: S608
        f"ON CONFLICT DO NOTHING RETURNING {key}"
    )


@cache
def _encoders(model: type[Model]) -> list[Callable[[Any], str]]:
    own = {BooleanField: str, BinaryField: _hex}
    fields = map(model._meta.get_field, _columns(model))
    return [own.get(type(field), _quoted) for field in fields]


def _array(values: Iterable[str]) -> str:
    return f"{{{','.join(values)}}}"


def _hex(value: bytes) -> str:
    return f'"\\\\x{value.hex()}"'


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@lru_cache(maxsize=64)
def clinic(clinic_id: str) -> Any:
    """The clinic's id as this database writes it."""
    if connection.vendor == "postgresql":
        return clinic_id
    return Clinic._meta.pk.get_db_prep_value(clinic_id, connection)


@lru_cache(maxsize=4096)
def time(moment: datetime) -> Any:
    """A moment as this database writes it; the same one stands in many rows of a batch."""
    return str(connection.ops.adapt_datetimefield_value(moment))
