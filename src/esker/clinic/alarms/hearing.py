"""Who hears a sounding alarm: the chair's nurse, then the clinic's screens, then the prescriber's.

Worked out on the server for the person who is signed in, so that no page can get it wrong.
"""

from __future__ import annotations

from collections.abc import Collection

from esker.core.session.state import Role

EVERY_SCREEN, PRESCRIBER_TOO = 1, 2  # levels of `Alarm.escalated`


def hears(
    escalated: int,
    nurse: str | None,
    username: str,
    roles: Collection[str],
    at_chair: bool = False,
) -> bool:
    """Whether the screen of this person sounds. A chair without a nurse is everybody's at once.

    `at_chair`: the screen stays at the alarm's chair and nobody acts at it, so it sounds as the
    nurse's own would.
    """
    if at_chair or username == nurse or escalated >= PRESCRIBER_TOO:
        return True
    called = nurse is None or escalated >= EVERY_SCREEN
    return called and not _only_prescribes(roles)


def _only_prescribes(roles: Collection[str]) -> bool:
    """A prescriber's own screen is the last to be called; one who also nurses is on the floor."""
    return Role.PRESCRIBER.value in roles and Role.NURSE.value not in roles
