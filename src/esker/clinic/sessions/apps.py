from django.apps import AppConfig


class SessionsConfig(AppConfig):
    name = "esker.clinic.sessions"
    label = "esker_sessions"  # django.contrib.sessions has the short one

    def ready(self) -> None:
        from esker.clinic.sessions import projections

        projections.register()
