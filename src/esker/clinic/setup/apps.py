"""Tells Django about this part of the clinic."""

from django.apps import AppConfig


class Config(AppConfig):
    name = "esker.clinic.setup"
    label = "setup"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from esker.clinic.setup import rows

        rows.register()
