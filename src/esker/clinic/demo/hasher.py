"""Passwords of a demo folder: everybody's is the same and stands on the page."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class Quick(PBKDF2PasswordHasher):
    """Few rounds: the demo signs and signs in often, and there is nothing to protect."""

    algorithm = "pbkdf2_demo"
    iterations = 1000
