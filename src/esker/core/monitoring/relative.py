"""A rise or fall from this session's own baseline: one reading of the rule for alarms and gates."""

from __future__ import annotations

from decimal import Decimal

from esker.core.monitoring.channels import UNIT
from esker.core.protocols.schema import Relative


def met(rule: Relative, baseline: Decimal, value: Decimal) -> bool:
    """Whether the change is at least the rule's. Farther from the baseline never meets it less."""
    return times(rule, baseline, value) >= 1


def times(rule: Relative, baseline: Decimal, value: Decimal) -> int:
    """How many times over the change is the rule's; 0 while it is not met."""
    change = value - baseline if rule.change == "rise" else baseline - value
    step = rule.at_least.value
    if rule.at_least.unit == "%" and UNIT[rule.channel] != "%":
        step = step * baseline / 100
    return int(change / step) if change > 0 and step > 0 else 0
