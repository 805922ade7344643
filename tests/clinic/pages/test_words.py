"""Numbers and times as a person reads them."""

import pytest

from esker.clinic.pages import chart, words

AT = "2026-11-23T09:30:05+00:00"


@pytest.mark.parametrize(
    ("low", "high", "unit", "said"),
    [
        ("90", "140.0", "mmHg", "90 to 140"),
        ("10", "29", "/min", "10 to 29"),
        ("94", "100", "%", "at least 94"),
        (None, None, "mmHg", ""),
    ],
)
def test_limits_are_said_without_noise(low, high, unit, said):
    """Both ends belong to it; saturation has no upper one."""
    assert said == words.limits(low, high, unit)


def test_a_time_is_the_clinics_own():
    """UTC ends where a person reads."""
    assert "04:30:05" == words.clock(AT, "America/New_York")
    assert "23 Nov 2026, 09:30:05 GMT" == words.date_time(AT, "Europe/London")


def test_a_span_counts_in_minutes_then_in_hours():
    """As on a stopwatch."""
    assert ["0:09", "12:05", "1:02:05"] == [words.span(s) for s in (9, 725, 3725)]


def test_chart_data_are_small_differences():
    """An hour of readings is a row of small whole numbers; nothing is lost in them."""
    series = {"start": AT, "received": AT, "lines": {"hr": [(0, 700), (1, 700), (2, 715)]}}
    packed = chart.packed(series, {"limits": [], "marks": []})
    assert {"t": [0, 1, 1], "v": [700, 0, 15]} == packed["lines"]["hr"]
    assert AT == packed["after"]
