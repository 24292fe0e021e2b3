"""Django's settings of the society. What can be set is listed in ``kit.config`` and ``docs/settings.md``."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from quire.society.kit import config, logs, postgres, spoken


def _from_url(url: str, name: str) -> dict[str, Any]:
    wrong = config.SettingWrong(f"{name} must be postgresql://user:password@host:port/database.")
    try:
        parts = urlsplit(url)
        port = str(parts.port or "")
    except ValueError as problem:
        raise wrong from problem
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise wrong
    options = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return {
        "HOST": unquote(options.pop("host", "") or parts.hostname or ""),
        "PORT": port,
        "NAME": parts.path.strip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "OPTIONS": options,
    }


def _databases() -> dict[str, dict[str, Any]]:
    """``default`` for commands and pages (a role that owns nothing), ``owner`` for migrations alone."""
    common: dict[str, Any] = {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 60}
    if url := config.text("DATABASE_URL"):
        owner = config.text("QUIRE_OWNER_DATABASE_URL", url)
        return {
            "default": common | _from_url(url, "DATABASE_URL"),
            "owner": common | _from_url(owner, "QUIRE_OWNER_DATABASE_URL"),
        }
    where = postgres.start()
    common |= {"HOST": where["host"], "PORT": where["port"], "NAME": where["dbname"]}
    return {"default": common | {"USER": postgres.APP}, "owner": common | {"USER": postgres.OWNER}}


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _secret() -> str:
    if said := config.text("QUIRE_SECRET_KEY"):
        return said
    place = config.home() / "keys" / "web-secret"
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with open(place, "x", opener=_private) as handle:
            handle.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return place.read_text()


def _origin(url: str) -> str:
    return "{0.scheme}://{0.netloc}".format(urlsplit(url))


SECRET_KEY = _secret()
DEBUG = config.flag("QUIRE_DEBUG")
ALLOWED_HOSTS = [
    *config.text("QUIRE_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(","),
    *filter(None, [urlsplit(config.url()).hostname]),
]
DATABASES = _databases()
# What must be known to every process of the server: tries at signing in.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "kit_cache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}
LOGGING = logs.settings(config.log_level())
PAGE_LIMIT = config.page_limit()
METRICS_TOKEN = config.metrics_token()
AUTH_USER_MODEL = "parties.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGES = list(spoken.LANGUAGES.items())
LANGUAGE_CODE = config.language(spoken.LANGUAGES)
LOCALE_PATHS = [Path(__file__).parent / "web" / "locale"]
ROOT_URLCONF = "quire.society.urls"
WSGI_APPLICATION = "quire.society.wsgi.application"
STATIC_URL = "/static/"

ROOMS = [
    "kit",
    "parties",
    "ledger",
    "repertoire",
    "membership",
    "mandates",
    "licensing",
    "usage",
    "surveys",
    "invoicing",
    "distribution",
    "payouts",
    "disputes",
    "unclaimed",
    "statements",
    "notices",
    "web",
]
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    *(f"quire.society.{room}" for room in ROOMS),
    "django_htmx",
    "rules.apps.AutodiscoverRulesConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "procrastinate.contrib.django",
]
MIDDLEWARE = [
    "quire.society.kit.requests.Requests",
    "quire.society.api.problems.Problems",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "quire.society.web.languages.Spoken",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "quire.society.web.limits.Limits",
    "quire.society.web.signing.Hygiene",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "quire.society.web.shell.around",
            ]
        },
    }
]
WHITENOISE_USE_FINDERS = True

# Signing in: by name or address and password, by passkey, with a second factor; who comes in is invited.
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "quire.society.web.signing.Adapter"
SOCIALACCOUNT_ADAPTER = "quire.society.web.signing.Connected"
# Whose address the society's own provider has verified is that user here.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SSO = config.sso()
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "sso",
                "name": one.name,
                "client_id": one.client,
                "secret": one.secret,
                "settings": {"server_url": one.url},
            }
            for one in filter(None, [SSO])
        ],
    }
}
REQUIRE_MFA = config.flag("QUIRE_REQUIRE_MFA")
ACCOUNT_FORMS = {"login": "quire.society.web.entering.Entering"}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_LOGOUT_REDIRECT_URL = "front"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {"add_webauthn": "quire.society.web.entering.NewPasskey"}
MFA_TOTP_ISSUER = "Quire"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG or urlsplit(config.url()).scheme == "http"
USERSESSIONS_TRACK_ACTIVITY = True
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
SECURED = urlsplit(config.url()).scheme == "https"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(config.url()).scheme
CSRF_TRUSTED_ORIGINS = [config.url()]
ALLAUTH_TRUSTED_PROXY_COUNT = config.proxies()
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if config.proxies() else None
# E-mail is written to standard error until a society names its server.
DEFAULT_FROM_EMAIL = config.text("QUIRE_EMAIL_FROM", f"no-reply@{urlsplit(config.url()).hostname}")
EMAIL_BACKEND = "quire.society.kit.letters.Console"
EMAIL_TIMEOUT = 20
if SMTP := config.smtp():
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = SMTP.host, SMTP.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = SMTP.user, SMTP.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = SMTP.tls == "starttls", SMTP.tls == "tls"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURED
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURED else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
# Nothing that runs or is shown comes from elsewhere, and nothing runs that stands in the page itself.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'", *([_origin(SSO.url)] if SSO else [])],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
