"""Tells Django about this part of the clinic."""

from django.apps import AppConfig


class Config(AppConfig):
    name = "esker.clinic.forecast"
    label = "forecast"
    default_auto_field = "django.db.models.BigAutoField"
