"""Simulation results as Arrow tables, written as CSV, Parquet or Arrow chunk by chunk."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

from esker.core.pharmacology.simulate import Study, stream, summarise
from esker.whole import whole

if TYPE_CHECKING:
    from esker.core.pharmacology.simulate import Curves

Part = tuple[int, "pa.Table"]  # subjects done so far, and these subjects' rows


class Sink(Protocol):
    """Where tables of one schema go."""

    def write(self, table: pa.Table) -> None:
        """Append a table."""


def curve_tables(study: Study, name: str | None = None) -> Iterator[Part]:
    """One row for each subject and time: subject, time_min, then every output with its unit."""
    for curves in stream(study):
        yield curves.first_subject - 1 + curves.subjects, to_arrow(curves, name)


def to_arrow(curves: Curves, name: str | None = None) -> pa.Table:
    """Curves as a table; `name` replaces the subject's number."""
    n, times = curves.subjects, curves.times_min
    subject = np.repeat(np.arange(n) + curves.first_subject, times.size)
    first = [name] * subject.size if name is not None else subject
    columns = {"subject": first, "time_min": np.tile(times, n)}
    columns |= {output: values.ravel() for output, values in curves.outputs.items()}
    return pa.table(columns)


def summary_tables(study: Study) -> Iterator[Part]:
    """One row for each subject."""
    done = 0
    for values in summarise(study):
        count = len(next(iter(values.values())))
        yield done + count, pa.table({"subject": np.arange(count) + done + 1, **values})
        done += count


@contextmanager
def opened(path: Path | None) -> Iterator[Sink]:
    """A file by its ending, or CSV on standard output; begun with the first table's schema."""
    if path is None:
        yield _Csv(sys.stdout.buffer)
        return
    with whole(path) as part:
        if path.suffix == ".csv":
            with part.open("wb") as file:
                yield _Csv(file)
            return
        sink = _Tables(part, arrow=path.suffix == ".arrow")
        try:
            yield sink
        finally:
            sink.close()


class _Csv:
    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.begun = False

    def write(self, table: pa.Table) -> None:
        if not self.begun:
            self.file.write((",".join(table.column_names) + "\n").encode())
            self.begun = True
        plain = csv.WriteOptions(include_header=False, quoting_style="needed")
        csv.write_csv(table, self.file, plain)


class _Tables:
    """Parquet, or an Arrow file."""

    def __init__(self, path: Path, arrow: bool) -> None:
        self.path = path
        self.make = pa.ipc.new_file if arrow else parquet.ParquetWriter
        self.writer: parquet.ParquetWriter | pa.RecordBatchFileWriter | None = None

    def write(self, table: pa.Table) -> None:
        if self.writer is None:
            self.writer = self.make(str(self.path), table.schema)
        self.writer.write_table(table)

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()


def progress(done: int, of: int) -> None:
    """One line that grows, on standard error."""
    end = "\n" if done >= of else ""
    print(f"\r{done} of {of} patients", end=end, file=sys.stderr, flush=True)
