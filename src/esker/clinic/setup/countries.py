"""The countries of ISO 3166-1, as the time zone database lists them beside its zones."""

from functools import cache
from importlib.resources import files


@cache
def countries() -> dict[str, str]:
    """English names by two-letter code."""
    table = files("tzdata").joinpath("zoneinfo/iso3166.tab").read_text("utf-8")
    rows = [line.partition("\t") for line in table.splitlines() if not line.startswith("#")]
    return {code: name for code, _, name in rows}
