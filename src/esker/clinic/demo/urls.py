"""Addresses of the demo's own pages."""

from django.urls import path

from esker.clinic.demo import views

urlpatterns = [
    path("demo/", views.guide, name="demo-guide"),
    path("demo/packs/", views.packs, name="demo-packs"),
    path("demo/bar/", views.bar, name="demo-bar"),
    path("demo/clock/", views.clock, name="demo-clock"),
    path("people/", views.people, name="people"),
]
