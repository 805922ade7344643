"""Addresses of this part."""

from django.urls import path

from esker.clinic.forecast import views

urlpatterns = [path("sessions/<uuid:session_id>/forecast", views.forecast, name="forecast")]
