"""Settings of Midline, all from the environment.

MIDLINE_ENV is one of development (default), demo, test, production. Production asks for SECRET_KEY, PUBLIC_URL and
DATABASE_URL and refuses the demo's sign-ins; the others keep what they need in MIDLINE_DATA.
"""

import os
import secrets
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
import environ
import structlog
from csp.constants import NONE, SELF
from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured

# Lets classes such as ModelAdmin[Job] name their model at run time too.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").is_file():
    env.read_env(BASE_DIR / ".env")

MIDLINE_ENV: str = env.str("MIDLINE_ENV", default="test" if "pytest" in sys.modules else "development")
if MIDLINE_ENV not in {"development", "demo", "test", "production"}:
    raise ImproperlyConfigured(f"MIDLINE_ENV is {MIDLINE_ENV!r}. Set it to development, demo, test or production.")
PRODUCTION = MIDLINE_ENV == "production"
DEBUG = env.bool("DEBUG", default=MIDLINE_ENV == "development")
MIDLINE_DATA = Path(env.str("MIDLINE_DATA", default=str(BASE_DIR / "data"))).resolve()


def _secret_key() -> str:
    """The key from the environment; outside production, one made once and kept beside the data (mode 600)."""
    given: str = env.str("SECRET_KEY", default="")
    if given:
        return given
    if PRODUCTION:
        raise ImproperlyConfigured("SECRET_KEY is empty. Set it to a long random text, for example from `openssl rand -base64 48`.")
    if MIDLINE_ENV == "test":
        return "test-only-" + "0" * 50
    path = MIDLINE_DATA / "secret_key"
    if not path.is_file():
        MIDLINE_DATA.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()


SECRET_KEY = _secret_key()
HOST: str = env.str("HOST", default="127.0.0.1")
PORT: int = env.int("PORT", default=8000)
_everywhere = {"0.0.0.0", "::"}  # noqa: S104 - compared with, never bound
_shown_host = "localhost" if HOST in _everywhere else HOST
PUBLIC_URL: str = env.str("PUBLIC_URL", default="" if PRODUCTION else f"http://{_shown_host}:{PORT}").rstrip("/")
if not urlsplit(PUBLIC_URL).hostname:
    raise ImproperlyConfigured(f"PUBLIC_URL is {PUBLIC_URL!r}. Set it to the address people open, for example https://portal.example.org.")
_public_host = urlsplit(PUBLIC_URL).hostname or ""
ALLOWED_HOSTS: list[str] = env.list(
    "ALLOWED_HOSTS", default=[_public_host] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]", "testserver", _public_host]
)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "django.contrib.admin",
    # Before allauth, whose pages wear our templates.
    "midline.people",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "django_vite",
    "django_filters",
    "template_partials.apps.SimpleAppConfig",
    "django_structlog",
    "csp",
    "midline.core",
    "midline.jobs",
    "midline.activity",
    "midline.practices",
    "midline.collaboration",
    "midline.cases",
    "midline.records",
    "midline.conversation",
    "midline.setups",
    "midline.notify",
    "midline.orders",
    "midline.lab",
    "midline.web",
    "midline.api",
]
if not PRODUCTION:
    INSTALLED_APPS.append("demo.portal")

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "midline.web.packing.PackedPagesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "midline.people.middleware.LanguageMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "midline.core.middleware.PersonalPagesMiddleware",
    "midline.cases.middleware.WorkspaceMiddleware",
    "midline.web.middleware.WayBackMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
MESSAGE_STORAGE = "midline.web.toasts.WorkspaceStorage"

_loaders: list[Any] = ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "midline" / "web" / "templates"],
        "OPTIONS": {
            "loaders": _loaders if DEBUG else [("midline.web.steady.Loader", _loaders)],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "midline.web.context.portal",
            ],
            "builtins": [
                "template_partials.templatetags.partials",
                "django.templatetags.i18n",
                "midline.web.templatetags.midline",
            ],
        },
    }
]

# --- database -------------------------------------------------------------------------------------------------------
DATABASES: dict[str, dict[str, Any]] = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{MIDLINE_DATA / 'midline.sqlite3'}")}
if "sqlite3" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["OPTIONS"] = {
        # Without these three, eight writers saw 14,786 "database is locked" for 1,544 commits; with them none.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # The last three: pages are read where the file system holds them, not copied for each thread (a list: 4 ms, not 30).
        # Tests outlive no power cut, and races in them shall not wait for a busy disk until a lock gives up.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON; "
        f"PRAGMA synchronous={'OFF' if MIDLINE_ENV == 'test' else 'FULL'}; "
        "PRAGMA mmap_size=2147418112; PRAGMA cache_size=-8192; PRAGMA temp_store=MEMORY;",
    }
    DATABASES["default"]["TEST"] = {"NAME": None}
else:
    DATABASES["default"].setdefault("OPTIONS", {})
    # Short statements: compiling each anew took longer than running it (2,713 ms against 131 ms for a search at 100,000 cases).
    DATABASES["default"]["OPTIONS"].setdefault("options", "-c jit=off")
    if MIDLINE_ENV != "test":
        DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 2, "max_size": 12}
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["ATOMIC_REQUESTS"] = False

CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    if MIDLINE_ENV == "test"
    else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "midline_cache", "OPTIONS": {"MAX_ENTRIES": 10_000}}
}

# --- people and sign-in ---------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["midline.people.backends.PortalBackend"]
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"] if MIDLINE_ENV == "test" else ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
)
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "first_name", "last_name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_ADAPTER = "midline.people.adapters.AccountAdapter"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_FORMS = {"reset_password": "midline.people.forms.ResetPasswordForm"}
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = (
    False
    if MIDLINE_ENV == "test"
    else {"login": "60/m/ip", "login_failed": "10/m/ip,5/5m/key", "reset_password": "20/m/ip,5/m/key", "signup": "20/m/ip"}
)
MFA_ADAPTER = "allauth.mfa.adapter.DefaultMFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Midline"
# Tracking each request would write at every poll of the live updates.
USERSESSIONS_TRACK_ACTIVITY = False
SESSION_ENGINE = "midline.people.sessions"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "midline.web.views.faults.csrf_failure"
MIDLINE_REGISTRATION: str = env.str("MIDLINE_REGISTRATION", default="reviewed")
if MIDLINE_REGISTRATION not in {"open", "reviewed", "closed"}:
    raise ImproperlyConfigured(f"MIDLINE_REGISTRATION is {MIDLINE_REGISTRATION!r}. Set it to open, reviewed or closed.")
MIDLINE_LAB_NAME: str = env.str("MIDLINE_LAB_NAME", default="Midline Lab")
MIDLINE_LAB_PROMISE_DAYS: int = env.int("MIDLINE_LAB_PROMISE_DAYS", default=5)

# --- transport and content security ---------------------------------------------------------------------------------
_https = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION or _https
SECURE_SSL_REDIRECT = PRODUCTION and env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}

# --- language and time ----------------------------------------------------------------------------------------------
# What people may choose, each under its own name; the first is for those whose browser asks for none of them.
MIDLINE_LANGUAGES: list[str] = env.list("MIDLINE_LANGUAGES", default=["en", "de"])
LOCALE_PATHS = [BASE_DIR / "midline" / "locale"]
_catalogues = {"en", *(path.parent.parent.name for path in LOCALE_PATHS[0].glob("*/LC_MESSAGES/django.po"))}
if unknown := [code for code in MIDLINE_LANGUAGES or [""] if code not in _catalogues]:
    raise ImproperlyConfigured(
        f"MIDLINE_LANGUAGES names {unknown[0]!r}, which has no catalogue. Choose from: {', '.join(sorted(_catalogues))}."
    )
LANGUAGES = [(code, LANG_INFO[code]["name_local"].capitalize()) for code in MIDLINE_LANGUAGES]
LANGUAGE_CODE = MIDLINE_LANGUAGES[0]
FORMAT_MODULE_PATH = "config.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("MIDLINE_TIME_ZONE", default="UTC")

# --- static files, uploads and models -------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(MIDLINE_DATA / "files")}},
    "staticfiles": {"BACKEND": "midline.web.built.BuiltStorage" if PRODUCTION else "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_IMMUTABLE_FILE_TEST = r"^.+[-.][0-9a-zA-Z_-]{8,12}\..+$"
DJANGO_VITE = {
    "default": {
        "dev_mode": False,
        "manifest_path": BASE_DIR / "midline" / "web" / "static" / "dist" / "manifest.json",
        "static_url_prefix": "dist",
    }
}
MIDLINE_STORAGE: str = env.str("MIDLINE_STORAGE", default="disk")
MIDLINE_FILES = MIDLINE_DATA / "files"
MIDLINE_S3_BUCKET: str = env.str("MIDLINE_S3_BUCKET", default="")
MIDLINE_S3_ENDPOINT: str = env.str("MIDLINE_S3_ENDPOINT", default="")
MIDLINE_S3_REGION: str = env.str("MIDLINE_S3_REGION", default="")
MIDLINE_X_ACCEL_PREFIX: str = env.str("MIDLINE_X_ACCEL_PREFIX", default="")
MIDLINE_RESERVED_BYTES: int = env.int("MIDLINE_RESERVED_BYTES", default=500_000_000)
# The sweep of files that no row names waits until each of these rooms has said what its rows name.
MIDLINE_ROOMS_WITH_FILES = ("conversation", "records", "setups")
DATA_UPLOAD_MAX_MEMORY_SIZE = 12_000_000
# The match of an export asks three things of each file.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 8_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_500_000

# --- mail -----------------------------------------------------------------------------------------------------------
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="filemail:")
EMAIL_BACKEND: str = env.str("EMAIL_BACKEND", default=EMAIL_CONFIG["EMAIL_BACKEND"])
EMAIL_HOST = EMAIL_CONFIG.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = EMAIL_CONFIG.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = EMAIL_CONFIG.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = EMAIL_CONFIG.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = bool(EMAIL_CONFIG.get("EMAIL_USE_TLS", False))
EMAIL_USE_SSL = bool(EMAIL_CONFIG.get("EMAIL_USE_SSL", False))
EMAIL_TIMEOUT = 20
EMAIL_FILE_PATH = MIDLINE_DATA / "mail"
MIDLINE_MAIL_TO_FOLDER = EMAIL_BACKEND == "django.core.mail.backends.filebased.EmailBackend"
if MIDLINE_ENV == "test" and "EMAIL_URL" not in os.environ:
    EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
DEFAULT_FROM_EMAIL: str = env.str("MAIL_FROM", default=f"Midline <portal@{_public_host}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- logs -----------------------------------------------------------------------------------------------------------
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer()
            if PRODUCTION
            else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "midline": {"level": env.str("LOG_LEVEL", default="INFO")},
        "django_structlog": {"level": "INFO" if PRODUCTION else "WARNING"},
        # Its tracebacks may hold what a person typed; the server_error line carries reference, type and place.
        "django.request": {"level": "CRITICAL"},
    },
}
# Case numbers are not secret, names are: what a person typed never reaches a log line.
DJANGO_STRUCTLOG_COMMAND_LOGGING_ENABLED = False
SILENCED_SYSTEM_CHECKS = ["staticfiles.W004"]
