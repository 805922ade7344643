"""Django's settings, from the environment: one data folder, SQLite unless a PostgreSQL is named."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

DATA = Path(os.environ.get("ESKER_DATA", "esker-data"))
DEMO = os.environ.get("ESKER_DEMO") == "1"


def _secret() -> str:
    """The folder's own key, made once. Without a folder, one that dies with this process."""
    path = DATA / "secret-key"
    if not DATA.is_dir():
        return secrets.token_urlsafe(48)
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text()


def _sqlite() -> dict[str, object]:
    # FULL, not NORMAL: four times slower, and what was acknowledged survives a power cut.
    pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON;"
    options = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": pragmas}
    name = DATA / "esker.sqlite3"
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": name, "OPTIONS": options}


def postgres(url: str) -> dict[str, object]:
    """A postgresql:// address as Django wants it; ?host= names a socket folder."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/") or "postgres",
        "USER": unquote(parts.username or "postgres"),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host") or parts.hostname or "",
        "PORT": str(parts.port or ""),
        # Only what asks for it is prepared (the gateway's rows): Django's values stand in its SQL,
        # so that no two statements are the same.
        "OPTIONS": {"prepare_threshold": 2**31 - 1},
    }


_url = os.environ.get("ESKER_DATABASE_URL")
DATABASES = {"default": postgres(_url) if _url else _sqlite()}

SECRET_KEY = _secret()
DEBUG = False
LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]
ALLOWED_HOSTS = LOOPBACK + [name for name in os.environ.get("ESKER_NAMES", "").split(",") if name]
ROOT_URLCONF = "esker.clinic.urls"
ASGI_APPLICATION = "esker.clinic.asgi.application"
AUTH_USER_MODEL = "people.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

# A fault of ours goes to the terminal with its trace; Django would only mail it.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"terminal": {"class": "logging.StreamHandler"}},
    "loggers": {"django.request": {"handlers": ["terminal"], "level": "ERROR", "propagate": False}},
}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "servestatic",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "esker.clinic.ledger",
    "esker.clinic.people",
    "esker.clinic.setup",
    "esker.clinic.sessions",
    "esker.clinic.devices",
    "esker.clinic.forecast",
    "esker.clinic.pages",
    "esker.clinic.demo",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "esker.clinic.people.middleware.ScreenMiddleware",
]
if DEMO:
    MIDDLEWARE.append("esker.clinic.demo.context.marked")
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "csp.context_processors.nonce",
                "esker.clinic.demo.context.bar",
                "esker.clinic.people.screen.context",
            ]
        },
    }
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
if DEMO:
    PASSWORD_HASHERS = ["esker.clinic.demo.hasher.Quick"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
CSRF_FAILURE_VIEW = "esker.clinic.faults.strange"
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"

# Per person and address: else anyone could lock a clinician out in the middle of a session.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_VERBOSE = False

TLS = os.environ.get("ESKER_TLS") == "1"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = TLS
SECURE_HSTS_SECONDS = 365 * 86400 if TLS else 0
# This host only: its sub-domains may be other people's, and no clinic asks browsers' makers to
# know it beforehand.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
_SELF = ["'self'"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": _SELF,
        "script-src": _SELF,
        "style-src": _SELF,
        "img-src": ["'self'", "data:"],
        "connect-src": _SELF,
        "worker-src": _SELF,
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": _SELF,
        "frame-ancestors": ["'none'"],
    }
}

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [Path(__file__).parent / "static"]
SERVESTATIC_USE_FINDERS = True
