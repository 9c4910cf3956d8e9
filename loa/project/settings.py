"""Django's settings. Everything a site changes comes from the environment, named LOA_*."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _
from psycopg.conninfo import conninfo_to_dict

from loa.project import paths


def _database(url: str) -> dict[str, Any]:
    parts = {key: str(value) for key, value in conninfo_to_dict(url).items() if value}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", "loa"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": parts,
    }


def _secret_key() -> str:
    path = paths.keys_folder() / "session.key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


def _remembered_address(name: str) -> str:
    """Return an address the supervisor left, so that commands beside it find the servers."""
    path = paths.VAR / "run" / name
    return path.read_text().strip() if path.exists() else ""


SECRET_KEY = os.environ.get("LOA_SECRET_KEY") or _secret_key()
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *os.environ.get("LOA_HOSTS", "").split()]
# Under which address people open the desk: passkeys are made for its host, and asked by it alone.
LOA_ORIGIN = os.environ.get("LOA_ORIGIN") or "http://localhost:8000"
CSRF_TRUSTED_ORIGINS = os.environ.get("LOA_ORIGINS", "").split()
# Whether who may approve must show a second factor: "required", or "training" for a make-believe
# city whose passwords everybody knows.
LOA_MFA = os.environ.get("LOA_MFA") or "required"

# By TLS of our own (`loa tls`) or of a proxy in front.
IS_BY_TLS = LOA_ORIGIN.startswith("https:") or os.environ.get("LOA_TLS") == "1"

LOA_MEDIA = Path(os.environ.get("LOA_MEDIA") or paths.VAR / "media")
LOA_VOICES = Path(os.environ.get("LOA_VOICES") or paths.VAR / "voices")
LOA_KEYS = Path(os.environ.get("LOA_KEYS") or paths.VAR / "keys")
# What devices are told of the bus; empty: they live on HTTP alone.
LOA_DEVICE_NATS_URL = os.environ.get("LOA_DEVICE_NATS_URL", "")
LOA_NATS_URL = os.environ.get("LOA_NATS_URL") or _remembered_address("nats.url")

INSTALLED_APPS = [
    "loa.project.apps.ProjectConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "procrastinate.contrib.django",
    "loa.registry.places",
    "loa.registry.ledger",
    "loa.registry.people",
    "loa.registry.library",
    "loa.registry.devices",
    "loa.registry.reforms",
    "loa.flow.sources",
    "loa.flow.newsroom",
    "loa.flow.approvals",
    "loa.flow.schedules",
    "loa.flow.deliveries",
    "loa.flow.receipts",
    "loa.flow.evaluation",
    "loa.surfaces.look",
    "loa.surfaces.desk",
    "loa.surfaces.board",
    "loa.surfaces.portal",
    "loa.surfaces.api",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "loa.surfaces.desk.middleware.EntranceMiddleware",
    "loa.surfaces.desk.middleware.ScopeMiddleware",
    "loa.surfaces.look.middleware.ContentPolicyMiddleware",
]
ROOT_URLCONF = "loa.project.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {
    "default": _database(
        os.environ.get("LOA_DATABASE_URL") or _remembered_address("database.url") or "dbname=loa"
    )
}
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# What must hold for every process alike: how often somebody tried to enter.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "loa_cache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}

AUTH_USER_MODEL = "people.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "loa.registry.people.passwords.LongEnough", "OPTIONS": {"min_length": 10}},
    {"NAME": "loa.registry.people.passwords.UnlikeItsOwner"},
    {"NAME": "loa.registry.people.passwords.NotTriedFirst"},
]
LOGIN_URL = "desk:sign_in"
LOGIN_REDIRECT_URL = "desk:home"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Browsers that came by TLS never show these cookies to a plain line.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_BY_TLS
SECURE_SSL_REDIRECT = IS_BY_TLS
# Devices and what runs beside the server may still come by plain HTTP; people may not.
SECURE_REDIRECT_EXEMPT = [r"^(?!ban/)"]
SECURE_HSTS_SECONDS = 30 * 86_400 if IS_BY_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_BY_TLS
# Preloading is a promise to browser makers that only the owner of the domain can give.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000

# Accounts are entered by administrators: nobody signs up, and nothing needs e-mail.
ACCOUNT_ADAPTER = "loa.surfaces.desk.doorkeeper.Doorkeeper"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# A whole commune may sit behind one address; "key" is a name as tried from one address.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "60/m/ip,10/5m/key",
    "login_failed_anywhere": "100/h/key",
    "access_link": "20/m/ip",
}
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("LOA_PROXIES") or 0)
MFA_ADAPTER = "loa.surfaces.desk.doorkeeper.FactorKeeper"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}
MFA_TOTP_TOLERANCE = 1
MFA_TOTP_ISSUER = "Loa"
MFA_WEBAUTHN_USER_VERIFICATION = "required"
# `loa.surfaces.desk.step_up` asks for the strongest factor there is, not for any.
MFA_REAUTHENTICATION_REQUIRED = False

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", _("Tiếng Việt")), ("en", _("Tiếng Anh"))]
LOCALE_PATHS = [Path(__file__).parent / "locale"]
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = ["loa.project.formats"]

STATIC_URL = "static/"
STATIC_ROOT = paths.VAR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Served straight from the packages: nothing to collect, nothing to forget.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 300

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOA_LOG", "WARNING")},
}
