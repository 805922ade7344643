"""Clinics and people. A person belongs to one clinic, and every query starts from a clinic.

These two tables stand outside row-level security: signing in reads them before a clinic is known.
"""

from __future__ import annotations

import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from esker.core.session.state import Role


class Clinic(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    zone = models.CharField(max_length=64, default="UTC")
    country = models.CharField(max_length=2, blank=True)

    def __str__(self) -> str:
        return self.name


class Tenant(models.Model):
    """A row that belongs to one clinic."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: object) -> User:
        """A person with a hashed password; None means that no password fits."""
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    username = models.CharField(max_length=150, unique=True)
    name = models.CharField(max_length=200)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="people")
    roles = models.JSONField(default=list)
    licence = models.CharField(max_length=64, blank=True)
    is_active = models.BooleanField(default=True)
    totp_secret = models.CharField(max_length=255, blank=True)  # sealed with the folder's key
    totp_step = models.BigIntegerField(default=0)  # last step used; a code works once
    pin = models.CharField(max_length=128, blank=True)  # hashed; switches the user, never signs
    pin_at = models.DateTimeField(null=True, blank=True)  # when it was set; it lasts a shift
    failures = models.PositiveSmallIntegerField(default=0)  # of signature or PIN, in a row
    failed_at = models.DateTimeField(null=True, blank=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: list[str] = []
    objects = UserManager()

    def __str__(self) -> str:
        return self.name or self.username

    def has_role(self, role: Role) -> bool:
        return role.value in self.roles

    @property
    def stream(self) -> str:
        return f"staff:{self.username}"
