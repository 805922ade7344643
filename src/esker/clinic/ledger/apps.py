"""Tells Django about the ledger, and puts its guard up after every migration."""

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate


class Config(AppConfig):
    name = "esker.clinic.ledger"
    label = "ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from esker.clinic.ledger import guard

        post_migrate.connect(guard.put_up)
        register(guard.check, Tags.database)
