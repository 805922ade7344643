"""Addresses of this part."""

from django.urls import path

from esker.clinic.live import views
from esker.clinic.sessions.api import api

urlpatterns = [
    path("api/v1/", api.urls),
    path("live/", views.live, name="live"),
    path("live/watch", views.watch, name="watch"),
]
