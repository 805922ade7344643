"""Addresses of signing in and of one's own account."""

from django.urls import path

from esker.clinic.people import views

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("lock/", views.lock, name="lock"),
    path("unlock/", views.unlock, name="unlock"),
    path("switch/", views.switch, name="switch"),
    path("at-chair/", views.at_chair, name="at-chair"),
    path("this-screen/", views.this_screen, name="this-screen"),
    path("join/<str:username>/<str:token>/", views.join, name="join"),
    path("account/", views.account, name="account"),
    path("presence/", views.presence, name="presence"),
]
