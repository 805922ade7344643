"""Tells Django about this part of the clinic."""

from django.apps import AppConfig


class Config(AppConfig):
    name = "esker.clinic.devices"
    label = "devices"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from esker.clinic.devices import pairings, trend

        pairings.register()
        trend.register()
