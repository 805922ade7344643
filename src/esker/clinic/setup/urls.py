"""Addresses of set-up and administration."""

from django.urls import path

from esker.clinic.setup import views

urlpatterns = [
    path("set-up/<str:token>/", views.set_up, name="set-up"),
    path("administration/", views.administration, name="administration"),
    path("administration/people/", views.admin_people, name="admin-people"),
    path("administration/people/<str:username>/", views.admin_person, name="admin-person"),
    path("administration/chairs/", views.admin_chairs, name="admin-chairs"),
    path("administration/monitors/", views.admin_monitors, name="admin-monitors"),
    path("administration/products/", views.admin_products, name="admin-products"),
    path("administration/protocols/", views.admin_protocols, name="admin-protocols"),
    path("administration/protocols/<str:name>/", views.admin_protocol, name="admin-protocol"),
    path("tls/", views.tls_page, name="tls"),
    path("tls/ca.pem", views.tls_ca, name="tls-ca"),
]
