"""Many rows in one statement, in the shape that the database keeps: the gateway's hot path.

Model instances cost more than the commit that they share, so rows are plain tuples here, in the
order of the model's columns without a number that the database gives.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

import psycopg
from django.db import connection
from django.db.models import AutoField, BinaryField, BooleanField, Model
from psycopg import pq
from psycopg.adapt import Dumper

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
    count = insert(model, rows.values())
    if count == len(rows):  # mostly all are new, and a look costs more
        return set(rows)
    return set(_last(model, count)) if count else set()


def _insert_arrays(model: type[Model], rows: Iterable[Row]) -> list[Any]:
    """The keys of what was new. By the driver's own cursor: Django's writes rows into the SQL."""
    arrays = [
        _Packed(head + struct.pack("!ii", len(column), 1) + b"".join(map(packed, column)))
        for (head, packed), column in zip(_encoders(model), zip(*rows, strict=True), strict=True)
    ]
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.adapters.register_dumper(_Packed, _AsItIs)
        cursor.execute(_of_arrays(model), arrays, prepare=True)
        return [row[0] for row in cursor]


def _last(model: type[Model], count: int) -> list[Any]:
    """The keys of so many rows that were inserted last: SQLite numbers a table's rows in turn."""
    key, table = model._meta.pk.column, model._meta.db_table
    sql = f"SELECT {key} FROM {table} WHERE rowid > last_insert_rowid() - %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [count])
        return [row[0] for row in cursor.fetchall()]


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
    arrays, values = [], []
    for name in _columns(model):
        kind = model._meta.get_field(name).db_type(connection)
        arrays.append("%s::bytea[]" if kind == "bytea" else "%s::text[]")
        # No cast of text: one to its column's length would cut what the column refuses.
        values.append(name if kind.startswith(("varchar", "text")) else f"{name}::{kind}")
    return (
        f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} "  # noqa: S608
        f"FROM unnest({', '.join(arrays)}) AS row ({names}) ON CONFLICT DO NOTHING RETURNING {key}"
    )


class _Packed(bytes):
    """An array in PostgreSQL's binary format: text of arrays is read letter by letter."""


class _AsItIs(Dumper):
    format = pq.Format.BINARY

    def dump(self, obj: _Packed) -> bytes:
        return obj


@cache
def _encoders(model: type[Model]) -> list[tuple[bytes, Callable[[Any], bytes]]]:
    """For each column, how its array begins, and how one value stands in it."""
    own = {BooleanField: ("text", _truth), BinaryField: ("bytea", _bytes)}
    fields = map(model._meta.get_field, _columns(model))
    found = [own.get(type(field), ("text", _text)) for field in fields]
    oids = psycopg.adapters.types
    return [(struct.pack("!iiI", 1, 0, oids[kind].oid), packed) for kind, packed in found]


def _bytes(value: bytes) -> bytes:
    return struct.pack("!i", len(value)) + value


@lru_cache(maxsize=4096)
def _text(text: str) -> bytes:
    return _bytes(text.encode())


def _truth(value: bool) -> bytes:
    return _text(str(value))


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
