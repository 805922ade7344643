"""Many rows in one statement, in the shape that the database keeps: the gateway's hot path.

Model instances cost more than the commit that they share, so rows are plain tuples here, in the
order of the model's columns without a number that the database gives.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

import psycopg
from django.db import connection
from django.db.models import AutoField, Model

from esker.clinic.people.models import Clinic

Row = tuple[Any, ...]


def insert(model: type[Model], rows: Iterable[Row]) -> int:
    """Insert what is not there yet; how many rows that was."""
    ready = list(rows)
    if not ready:
        return 0
    if connection.vendor == "postgresql":
        return len(_insert_json(model, ready))
    with connection.cursor() as cursor:
        cursor.executemany(_of_values(model), ready)
        return int(cursor.rowcount)


def insert_new(model: type[Model], rows: Mapping[str, Row]) -> set[str]:
    """Insert, by their primary keys, those that are not there yet; the keys of these."""
    if not rows:
        return set()
    if connection.vendor == "postgresql":
        return _insert_json(model, rows.values())
    new = rows.keys() - _known(model, rows)
    insert(model, (row for key, row in rows.items() if key in new))
    return new


def _insert_json(model: type[Model], rows: Collection[Row]) -> set[Any]:
    """The keys of what was new. By the driver's own cursor: Django's writes rows into the SQL."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(_of_json(model), [_json(model, rows)], prepare=True)
        return {row[0] for row in cursor}


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
def _of_json(model: type[Model]) -> str:
    """One parameter for all rows: a statement or an array for each costs the client more."""
    table, names = model._meta.db_table, ", ".join(_columns(model))
    rows = f"SELECT {names} FROM json_populate_recordset(NULL::{table}, %s)"  # noqa: S608
    key = model._meta.pk.column
    return f"INSERT INTO {table} ({names}) {rows} ON CONFLICT DO NOTHING RETURNING {key}"


def _json(model: type[Model], rows: Iterable[Row]) -> str:
    names = _columns(model)
    return json.dumps([dict(zip(names, row, strict=True)) for row in rows], default=_bytes)


def _bytes(value: bytes) -> str:
    return f"\\x{value.hex()}"


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
