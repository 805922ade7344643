"""Tells Django about this part of the clinic."""

from django.apps import AppConfig


class Config(AppConfig):
    name = "esker.clinic.sessions"
    label = "esker_sessions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from esker.clinic.alarms import checkpoints
        from esker.clinic.live import hub
        from esker.clinic.sessions import rows

        rows.register()
        hub.listen()
        checkpoints.listen()
