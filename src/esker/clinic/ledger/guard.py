"""What the database itself refuses: changing the ledger, and reading another clinic's rows.

Run after every migration, because SQLite silently drops triggers when it remakes a table.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.checks import Error
from django.db import connection

APPEND_ONLY = ("ledger_entry", "ledger_checkpoint")
# SQLite's REPLACE takes away the row in its way without a delete trigger: an insert must find none.
TAKEN = {
    "ledger_entry": (
        "rowid = NEW.rowid OR id = NEW.id"
        " OR (clinic_id = NEW.clinic_id AND stream = NEW.stream AND seq = NEW.seq)"
        " OR (clinic_id = NEW.clinic_id AND command = NEW.command AND n = NEW.n)"
    ),
    "ledger_checkpoint": "id = NEW.id OR (clinic_id = NEW.clinic_id AND seq = NEW.seq)",
}


def triggers() -> dict[str, str]:
    """Name and SQL of each trigger that this database must have."""
    made = {}
    for table in APPEND_ONLY:
        if connection.vendor == "postgresql":
            run = "EXECUTE FUNCTION esker_append_only()"
            rows = f"BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {run}"
            whole = f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {run}"
            made[f"{table}_rows"] = f"CREATE OR REPLACE TRIGGER {table}_rows {rows}"
            made[f"{table}_whole"] = f"CREATE OR REPLACE TRIGGER {table}_whole {whole}"
            continue
        taken = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {TAKEN[table]})"  # noqa: S608
        for act, when in (("update", ""), ("delete", ""), ("insert", taken)):
            stop = f"{when} BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
            name = f"{table}_{act}"
            made[name] = f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {act} ON {table} {stop}"
    return made


FUNCTION = """
CREATE OR REPLACE FUNCTION esker_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$
"""


def put_up(**_: Any) -> None:
    """Make the triggers, and on PostgreSQL the row-level security of every tenant table."""
    tables = set(connection.introspection.table_names())
    if not set(APPEND_ONLY) <= tables:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(FUNCTION)
            for table in tenant_tables() & tables:
                _wall(cursor, table)
        for sql in triggers().values():
            cursor.execute(sql)


def tenant_tables() -> set[str]:
    """Every table of ours with a clinic, but people: signing in reads them before a clinic."""
    return {
        model._meta.db_table
        for model in apps.get_models()
        if model.__module__.startswith("esker.clinic.")
        and model._meta.label != "people.User"
        and any(field.name == "clinic" for field in model._meta.get_fields())
    }


def _wall(cursor: Any, table: str) -> None:
    mine = "clinic_id = nullif(current_setting('esker.clinic', true), '')::uuid"
    cursor.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
    cursor.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
    cursor.execute(f'DROP POLICY IF EXISTS own_clinic ON "{table}"')
    cursor.execute(f'CREATE POLICY own_clinic ON "{table}" USING ({mine}) WITH CHECK ({mine})')


def missing() -> set[str]:
    """Triggers that should be there and are not."""
    postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
            if postgres
            else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        )
        return set(triggers()) - {name for (name,) in cursor.fetchall()}


def check(databases: list[str] | None = None, **_: Any) -> list[Error]:
    """System check: a migrated database without its triggers must not be served."""
    if not databases or "ledger_entry" not in connection.introspection.table_names():
        return []
    return [Error(f"The trigger {n} is missing; run migrate.", id="ledger.E001") for n in missing()]
