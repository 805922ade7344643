"""Addresses of the pages."""

from django.urls import path

from esker.clinic.pages import planning, unclaimed, views

urlpatterns = [
    path("", views.floor, name="floor"),
    path("floor/fragment/", views.floor_fragment, name="floor-fragment"),
    path("chair/<uuid:session_id>/", views.chair, name="chair"),
    path("chair/<uuid:session_id>/fragment/", views.chair_fragment, name="chair-fragment"),
    path("chair/<uuid:session_id>/chart/", views.chair_chart, name="chair-chart"),
    path("record/<uuid:session_id>/", views.record, name="record"),
    path("record/<uuid:session_id>/pdf/", views.record_pdf, name="record-pdf"),
    path("record/<uuid:session_id>/readings.csv", views.record_readings, name="record-readings"),
    path("sessions/new/", planning.plan, name="plan"),
    path("readings/", unclaimed.readings, name="readings"),
    path("readings/claim/", unclaimed.claim, name="claim"),
    path("readings/dismiss/", unclaimed.dismiss, name="dismiss"),
    path("readings/settle/", unclaimed.settle, name="settle"),
    path("record/<uuid:session_id>/pack/", views.session_pack, name="session-pack"),
]
