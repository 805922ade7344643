"""Each fault that a writer of protocols can make is found, and said in one sentence."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esker.core.protocols.check import check, table_faults
from esker.core.protocols.load import ProtocolError, load
from esker.core.protocols.numbers import UNITS, numbers
from esker.core.protocols.rules import RULES as KNOWN
from esker.core.protocols.rules import STAND
from esker.core.protocols.schema import Band, Phase, Priority, Strength, Table
from esker.core.protocols.show import show
from esker.core.protocols.tables import band, band_of
from esker.core.session.gate_rules import RULES
from esker.core.session.gates import FLOOR
from esker.protocol_files import builtin_ids, text_of

TEXTS = {name: text_of(name) for name in builtin_ids()}
NASAL, INFUSION = TEXTS["esketamine-trd-us"], TEXTS["ketamine-iv"]


def faults(text, old, new):
    """The faults of a built-in text with one slip of the pen."""
    assert old in text
    return check(load(text.replace(old, new, 1))[0])


def without(text, id_):
    """A built-in text without the rule or condition of this id."""
    parts = text.split("\n\n")
    kept = [part for part in parts if f'\nid = "{id_}"\n' not in part]
    assert len(kept) < len(parts)
    return load("\n\n".join(kept))[0]


# -- numbers and their units ----------------------------------------------------------------------


@pytest.mark.hazard(6)
def test_a_number_in_another_unit_is_found():
    """Hazard 6, a number read in the wrong unit: a rest of 300 s is not read as 300 minutes."""
    found = faults(NASAL, 'rest = { value = 5, unit = "min"', 'rest = { value = 300, unit = "s"')

    assert ["dose.rest is read in min, and says s."] == found


def test_a_wait_of_nothing_is_found():
    found = faults(NASAL, "minimum = { value = 120", "minimum = { value = 0")

    assert ["observation.minimum must be above 0, and is 0."] == found


@pytest.mark.parametrize("name", TEXTS)
def test_every_number_has_a_source_and_a_known_unit(name):
    """No number stands alone: each cites a source, and most can be in one unit only."""
    protocol, _ = load(TEXTS[name])
    free = {field for _, _, field, _ in numbers(protocol)} - set(UNITS)

    assert free <= {"steps", "plausible", "jump", "limit", "at_least"}
    assert all(number.source in protocol.sources for _, _, _, number in numbers(protocol))
    assert all(b.source in protocol.sources for table in protocol.tables for b in table.bands)


@pytest.mark.parametrize("name", TEXTS)
def test_every_number_is_printed_with_its_source(name):
    """Nobody signs a number that the paper did not show."""
    protocol, digest = load(TEXTS[name])
    paper = show(protocol, digest)
    for place, _, _, number in numbers(protocol):
        assert f"{number.value} {number.unit} [{number.source}" in paper, place
    for table in protocol.tables:
        for each in table.bands:
            assert f"{each.edges}: {each.strength}, alarm {each.alarm}." in paper


def test_a_paper_of_another_country_is_starred():
    """The two hours of the US label are a proposal in the EU protocol, and are printed as one."""
    assert "\n120 min [pi *] from last_dose" in show(*load(TEXTS["esketamine-trd-eu"]))
    assert "\n120 min [pi] from last_dose" in show(*load(NASAL))


@pytest.mark.parametrize("number", ["1e999999999", '"1e999999999"', "1e99999999999999999999"])
def test_an_endless_number_is_refused(number):
    """A number that would fill the memory when written out never gets that far."""
    with pytest.raises(ProtocolError):
        load(INFUSION.replace("value = 5,", f"value = {number},", 1))


def test_an_endless_integer_is_refused():
    with pytest.raises(ProtocolError, match="not valid TOML"):
        load(INFUSION.replace("value = 5,", f"value = {'1' * 5000},", 1))


# -- rules ----------------------------------------------------------------------------------------


def test_the_rules_are_the_ones_that_the_gates_know():
    assert set(RULES) == set(KNOWN)


@pytest.mark.parametrize("rule", sorted(STAND))
def test_a_rule_left_out_is_missed(rule):
    """A protocol that forgets a rule does not simply have one gate less."""
    assert any(fault.startswith(f"Rule {rule} is missing") for fault in check(without(NASAL, rule)))


@pytest.mark.hazard(8)
def test_an_age_without_its_number_is_found():
    """Hazard 8: the rule stands there and would stop nobody."""
    (line,) = [line for line in NASAL.splitlines() if line.startswith("least_age")]

    assert ["least_age is missing: rule age would stop nobody."] == faults(NASAL, line, "")


@pytest.mark.hazard(4)
def test_a_first_dose_without_its_rule_is_found():
    """Hazard 4: what the label says of the first dose is read by nobody."""
    fault = "Rule first_dose is missing at gate clear."

    assert fault in check(without(TEXTS["esketamine-trd-eu"], "first_dose"))


@pytest.mark.parametrize("rule", sorted({*FLOOR, "interval"} - {"ceiling_per_kg"}))
def test_a_rule_that_nobody_overrides_cannot_be_softened(rule):
    """Order, version, ceiling, interval and the like: never means never in every protocol."""
    protocol, _ = load(NASAL)
    rules = tuple(
        each.model_copy(update={"strength": Strength.HOLD}) if each.id == rule else each
        for each in protocol.rules
    )

    assert [f"Rule {rule} must stand with strength never: nobody may override it."] == check(
        protocol.model_copy(update={"rules": rules})
    )


@pytest.mark.hazard(16)
@pytest.mark.parametrize(
    ("id_", "said"),
    [
        ("consent", "Rule consent has strength go, and so does nothing at any gate."),
        ("urinary", "Question urinary has strength go: its answer would stop nobody."),
        ("gait", "Criterion gait has strength go: it would keep nobody here."),
    ],
)
def test_what_is_switched_off_by_its_strength_is_found(id_, said):
    """Hazard 16, a gap in the rules: a rule that stands there and does nothing."""
    (part,) = [part for part in NASAL.split("\n\n") if f'\nid = "{id_}"\n' in part]
    strength = "never" if 'strength = "never"' in part else "hold"
    off = part.replace(f'strength = "{strength}"', 'strength = "go"')

    assert said in faults(NASAL, part, off)


@pytest.mark.hazard(16)
def test_a_score_that_holds_outside_its_scale_is_found():
    old = 'hold_at_most = { value = 2, unit = "score"'
    said = "Scale moaa_s holds at 5, which is not within it."

    assert [said] == faults(NASAL, old, old.replace("2", "5"))


@pytest.mark.hazard(14)
def test_gates_that_would_read_no_vital_sign_are_found():
    """Hazard 14: without a list of channels nothing is ever missing."""
    old = 'required = ["sbp", "dbp", "hr", "spo2"]'
    said = "required is empty: no gate would read a vital sign."

    assert said in faults(NASAL, old, "required = []")


def test_an_unknown_rule_is_found():
    assert "Rule wait is none that Esker knows." in faults(NASAL, 'id = "watched"', 'id = "wait"')


@pytest.mark.hazard(23)
def test_two_strengths_of_one_observation_are_found():
    """Hazard 23, early discharge: the rule and the observation agree whether a person may waive."""
    old = 'anchor = "last_dose"\nstrength = "never"'

    assert ["Rule observation and the observation itself have different strengths."] == faults(
        NASAL, old, old.replace("never", "hold")
    )


# -- doses, checks, criteria, alarms --------------------------------------------------------------


@pytest.mark.hazard(1)
def test_a_step_above_the_ceiling_is_found():
    """Hazard 1, tenfold dose: a step of 5 mg/kg for 0.5 is no step under a ceiling of 1."""
    found = faults(INFUSION, "steps = [{ value = 0.5", "steps = [{ value = 5")

    assert ["Dose step 5 mg/kg is above the ceiling of 1.0."] == found


@pytest.mark.hazard(1)
def test_a_dose_that_asks_for_a_second_look_above_the_ceiling_is_found():
    """Hazard 1: a hold above the ceiling never holds anything."""
    old = "soft_per_kg = { value = 0.75"
    said = "dose.soft_per_kg of 7.5 never speaks below 1.0."

    assert [said] == faults(INFUSION, old, old.replace("0.75", "7.5"))


@pytest.mark.hazard(16)
def test_an_empty_plausible_range_proves_nothing():
    """Hazard 16, a gap in the rules: of no value at all every table is complete."""
    old = 'plausible = [{ value = 40, unit = "mmHg"'

    found = faults(INFUSION, old, old.replace("40", "400"))

    assert found
    assert {"monitoring.sbp.plausible from 400 to 280 holds no value."} == set(found)


@pytest.mark.hazard(16)
@pytest.mark.parametrize("normal", ["140, 90", "90, 90", "0, 1", "90, 300"])
def test_severity_grows_outward_from_an_interval_that_there_is(normal):
    """Hazard 16: outward from 0 to 1, a pressure of 40 would be the mildest of all."""
    low, high = normal.split(", ")
    said = f"Table sbp-before: the normal interval from {low} to {high} is no stretch of "

    found = faults(INFUSION, "normal = [90, 140]", f"normal = [{normal}]")

    assert [f"{said}plausible values."] == found


def test_a_file_of_a_windows_editor_is_read(tmp_path):
    file = tmp_path / "ours.toml"
    file.write_text(INFUSION, encoding="utf-8-sig")

    assert INFUSION == text_of(str(file))


def test_half_a_device_is_found():
    assert ["Dose step 40 mg is no whole number of devices."] == faults(
        NASAL, "steps = [{ value = 56", "steps = [{ value = 40"
    )


def test_an_infusion_without_a_ceiling_per_kilogram_is_found():
    found = faults(
        INFUSION, 'ceiling_per_kg = { value = 1.0, unit = "mg/kg", source = "default" }', ""
    )

    assert ["dose.ceiling_per_kg is missing; infusion needs it."] == found


@pytest.mark.hazard(21)
def test_a_check_that_never_falls_due_is_found():
    """Hazard 21, a timed check missed: one without a time is no check."""
    found = faults(NASAL, 'at = [{ value = 40, unit = "min", source = "pi" }]\n', "")

    assert ["Check pressure needs either fixed minutes or an interval, and not both."] == found


def test_a_check_for_an_unknown_scale_is_found():
    assert ["Check alertness asks for mood, which this protocol does not know."] == faults(
        NASAL, 'scales = ["moaa_s", "cadss"]\nat', 'scales = ["moaa_s", "mood"]\nat'
    )


RISE = 'id = "sbp-rise"\nchannel = "sbp"'


def test_a_change_of_what_no_gate_requires_is_found():
    """A missing reading would then not stand in the way, and a worse one would."""
    found = faults(INFUSION, RISE, RISE.replace('"sbp"', '"rr"'))

    assert ["Change sbp-rise reads rr, which no gate requires."] == found


@pytest.mark.hazard(16)
def test_a_hold_during_dosing_that_nobody_hears_is_found():
    """Hazard 16: the pump runs on when a hold holds and nothing rings."""
    old = 'strength = "hold", alarm = "high", because = "Heart rate is above 120."'
    said = "Table hr-dose holds during dosing without an alarm: nobody would pause the pump."

    assert said in faults(INFUSION, old, old.replace("high", "none"))


def test_a_criterion_without_its_limit_is_found():
    assert ["Criterion alert needs a limit for its scale."] == faults(
        NASAL, 'limit = { value = 5, unit = "score", source = "pi" }\n', ""
    )


@pytest.mark.hazard(16)
def test_an_alarm_condition_left_out_is_missed():
    """Hazard 16, an alarm condition not covered: a lost signal needs its alarm."""
    assert ["Alarm condition lost_signal is missing."] == check(without(NASAL, "lost_signal"))


@pytest.mark.hazard(18)
def test_an_alarm_milder_than_its_harm_is_found():
    """Hazard 18, bad limits: death with prompt onset is not announced as low."""
    old = 'id = "hold_during_infusion"\npriority = "high"'
    (found,) = faults(NASAL, old, old.replace("high", "low"))

    assert found.endswith("harm death with prompt onset asks for high.")


@pytest.mark.hazard(16)
def test_a_second_table_for_one_channel_is_found():
    """Hazard 16: of two tables for one channel only the first would be read."""
    assert "hr clear stands twice in tables by channel and phase." in faults(
        NASAL, 'id = "spo2-before"\nchannel = "spo2"', 'id = "spo2-before"\nchannel = "hr"'
    )


def test_a_stop_without_a_sentence_is_found():
    found = faults(NASAL, 'because = "Heart rate is below 50."', 'because = ""')

    assert ["Table hr-before: the band from 20 to below 50 has no sentence for the nurse."] == found


# -- the proof against the interpreter ------------------------------------------------------------

EDGE = st.integers(40, 100).map(Decimal)
EDGES = st.tuples(EDGE, EDGE, st.sampled_from(["from", "above"]), st.sampled_from(["to", "below"]))
BANDS = st.lists(EDGES.filter(lambda e: e[0] < e[1]), min_size=1, max_size=5)
CALM = {"strength": Strength.GO, "alarm": Priority.NONE, "because": "", "source": "default"}


def table_of(edges):
    bands = tuple(Band(**{first: a, last: b}, **CALM) for a, b, first, last in edges)
    return Table(id="t", channel="spo2", phase=(Phase.DOSE,), normal=(40, 100), bands=bands)


@pytest.mark.hazard(16)
@given(BANDS)
def test_the_proof_agrees_with_the_interpreter(edges):
    """Hazard 16: z3 says a table is complete just when no tried value falls through it."""
    protocol, _ = load(INFUSION)
    made = table_of(edges)
    tried = [Decimal(n) / 2 for n in range(80, 201)]
    falls = any(band_of(made, value) is None for value in tried)
    said = any("no band covers" in fault for fault in table_faults(protocol, made))

    assert falls == said


@given(st.sampled_from(sorted(TEXTS)), st.decimals(0, 300, places=2))
def test_a_worse_value_is_never_milder(name, value):
    """Monotone in the interpreter too: one step farther from normal is never a weaker band."""
    protocol, _ = load(TEXTS[name])
    for table in protocol.tables:
        away = Decimal(1) if value >= table.normal[1] else Decimal(-1)
        near, far = band_of(table, value), band_of(table, value + away)
        if near and far and not table.normal[0] <= value <= table.normal[1]:
            assert far.strength.rank >= near.strength.rank
            assert far.alarm.rank >= near.alarm.rank


@pytest.mark.hazard(16)
@given(BANDS)
def test_the_proof_of_one_band_agrees_with_the_interpreter(edges):
    """Hazard 16: z3 finds two bands for one value just when the interpreter could choose."""
    protocol, _ = load(INFUSION)
    made = table_of(edges)
    tried = [Decimal(n) / 2 for n in range(80, 201)]
    twice = any(sum(b.holds(value) for b in made.bands) > 1 for value in tried)
    said = any("two bands cover" in fault for fault in table_faults(protocol, made))

    assert twice == said


@pytest.mark.parametrize(
    "edges", [{}, {"from": 1}, {"from": 1, "above": 1, "to": 2}, {"to": 2, "below": 3}]
)
def test_a_band_needs_its_two_edges(edges):
    with pytest.raises(ValueError, match="from or above, and to or below"):
        Band(**edges, **CALM)


@pytest.mark.parametrize(
    ("value", "strength"), [("140", "go"), ("140.05", "hold"), ("141", "hold")]
)
def test_above_140_means_above_140(value, strength):
    """Also for a reading between the whole numbers that monitors mostly send."""
    protocol, _ = load(NASAL)

    assert strength == band(protocol, "sbp", Phase.CLEAR, Decimal(value)).strength


@pytest.mark.parametrize("name", TEXTS)
def test_no_limit_is_printed_as_a_number_that_nobody_uses(name):
    """A nurse reads "above 140", never 140.1."""
    protocol, digest = load(TEXTS[name])
    edges = {e for t in protocol.tables for b in t.bands for e in (b.low, b.high)}

    assert all(edge == edge.to_integral_value() for edge in edges)
    assert ".1" not in show(protocol, digest).replace(digest, "")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("max = 5\n", "max = 0\n", "Scale moaa_s does not reach from 0 to 0 in its steps."),
        ("max = 5\n", "max = 5\nstep = 2\n",
         "Scale moaa_s does not reach from 0 to 5 in its steps."),
        ("max = 5\n", "max = 5\nstep = 0\n", "Scale moaa_s needs a step above 0."),
        ('id = "cadss"\ntitle', 'id = "hr"\ntitle', "Scale hr has the name of a vital sign."),
        ('id = "cadss"\ntitle', 'id = "moaa_s"\ntitle', "moaa_s stands twice in scales."),
    ],
)  # fmt: skip
def test_a_score_that_cannot_be_recorded_is_found(old, new, said):
    assert said in faults(INFUSION, old, new)


def test_a_value_that_no_body_has_is_in_no_band():
    """Implausible is None, apart from every limit."""
    protocol, _ = load(NASAL)

    assert band(protocol, "spo2", Phase.DOSE, Decimal(101)) is None
    assert band(protocol, "spo2", Phase.HOME, Decimal(98)) is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('id = "ketamine-iv"', 'id = " "', "id is empty."),
        ("version = 1\n", "version = 0\n", "version must be 1 or more, and is 0."),
        ('because = "Two matching identifiers come first."', 'because = ""',
         "rules: identity has no sentence for the nurse."),
        ('because = "Not fully alert yet."', 'because = " "',
         "discharge: alert has no sentence for the nurse."),
        ('title = "Fava 2018, dose-finding of intravenous ketamine"', 'title = ""',
         "sources.fava has no title."),
        ("limit = { value = 5", "limit = { value = 9", "Criterion alert asks for 9 of 0 to 5."),
        ("limit = { value = 5", "limit = { value = 0", "Criterion alert asks for 0 of 0 to 5."),
        ('id = "order_version"', 'id = "order"', "order at clear stands twice in rules at one gate."),
    ],
)  # fmt: skip
def test_what_a_clinician_could_not_mean_is_found(old, new, said):
    """No name, no sentence, a score that nobody or everybody reaches, a rule that stands twice."""
    assert said in faults(INFUSION, old, new)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('unit = "min", source = "engineering"', 'unit = "min"', "check_window.source is missing."),
        ('because = "Two matching identifiers come first."\nsource = "engineering"',
         'because = "Two matching identifiers come first."', "rules[1].source is missing."),
        ("[dose]\n", "[dose]\nmost = 5\n", "dose.most is no word of a protocol."),
        ('because = "Two', 'because = "\\u0000Two',
         "rules[1].because holds a control character, which no page can show."),
    ],
)  # fmt: skip
def test_what_is_refused_names_its_field(old, new, said):
    """A list is counted from 1, as a reader counts."""
    assert old in INFUSION
    with pytest.raises(ProtocolError) as refused:
        load(INFUSION.replace(old, new, 1))
    assert str(refused.value) == said


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    other = tmp_path / "p.toml"
    other.write_bytes(b'title = "n\xe4sal"')
    for name, said in ((other, "not text in UTF-8"), (tmp_path, "Is a directory"),
                       ("no\0name", "cannot be read: embedded null"), ("no", "No such file")):  # fmt: skip
        with pytest.raises(ProtocolError, match=said):
            text_of(str(name))
