"""How templates say times and numbers: in the clinic's zone, which the view switches on."""

from django import template
from django.utils import timezone

from esker.clinic.pages import words

register = template.Library()


@register.filter
def clock(at: object) -> str:
    return words.clock(at, timezone.get_current_timezone_name())


@register.filter
def short_clock(at: object) -> str:
    return words.short_clock(at, timezone.get_current_timezone_name())


@register.filter
def date_time(at: object) -> str:
    return words.date_time(at, timezone.get_current_timezone_name())


@register.filter
def day(at: object) -> str:
    return words.day(at)


@register.filter
def number(text: object) -> str:
    return words.number(text)


@register.filter
def route(word: str) -> str:
    return words.ROUTES.get(word, word)


@register.filter
def spaced(name: str) -> str:
    """Names of roles as people say them."""
    return name.replace("_", " ")


@register.filter
def under(cells: list[str], heads: list[str]) -> list[tuple[str, str]]:
    """Each cell of a row with the head of its column, for tables that stack on a phone."""
    return list(zip(heads, cells, strict=True))
