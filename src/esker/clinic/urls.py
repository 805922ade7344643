"""The clinic's addresses: each part names its own."""

from django.urls import include, path

urlpatterns = [
    path("", include("esker.clinic.sessions.urls")),
    path("", include("esker.clinic.forecast.urls")),
    path("", include("esker.clinic.pages.urls")),
    path("", include("esker.clinic.demo.urls")),
    path("", include("esker.clinic.people.urls")),
    path("", include("esker.clinic.setup.urls")),
]

handler500 = "esker.clinic.faults.failed"
handler404 = "esker.clinic.faults.missing"
