"""Django OAuth Toolkit as a provider: python django-oauth-toolkit.py PORT PORTAL, in a folder for its database."""

import sys

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

port, portal = sys.argv[1:]

APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "oauth2_provider"]

LOGIN_PAGE = """<!doctype html>
<title>Sign in</title>
<form method="post">{% csrf_token %}{{ form }}<button>Sign in</button></form>"""

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)

settings.configure(
    SECRET_KEY="not a secret: " + "0" * 50,
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    LOGIN_URL="/login/",
    INSTALLED_APPS=[*APPS, "corsheaders"],
    # tables come from the models as they are, since all the migrations that led there take longer than the rest
    MIGRATION_MODULES={app.rpartition(".")[2]: None for app in APPS},
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite"}},
    MIDDLEWARE=[
        "corsheaders.middleware.CorsMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": [
            ("django.template.loaders.locmem.Loader", {"registration/login.html": LOGIN_PAGE}),
            "django.template.loaders.app_directories.Loader",
        ]},
    }],
    CORS_ALLOWED_ORIGINS=[portal],
    CORS_EXPOSE_HEADERS=["WWW-Authenticate"],
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_RSA_PRIVATE_KEY": KEY.decode(),
        "OIDC_RP_INITIATED_LOGOUT_ENABLED": True,
        "OAUTH2_VALIDATOR_CLASS": f"{__name__}.Validator",
        "REFRESH_TOKEN_REUSE_PROTECTION": True,
        "SCOPES": {scope: scope for scope in ("openid", "profile", "email", "offline_access")},
    },
)
django.setup()

# what follows needs the settings
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.auth.views import LoginView  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.urls import include, path  # noqa: E402
from oauth2_provider.models import Application  # noqa: E402
from oauth2_provider.oauth2_validators import OAuth2Validator  # noqa: E402


class Validator(OAuth2Validator):
    """What the toolkit leaves to whoever deploys it."""

    def get_additional_claims(self, request):
        return {"name": request.user.get_full_name(), "email": request.user.email}

    def validate_silent_login(self, request):
        # it has answered whoever is not signed in before it asks
        return True

    def validate_silent_authorization(self, request):
        return request.client.skip_authorization


urlpatterns = [
    path("login/", LoginView.as_view()),
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
]


def fill_database():
    call_command("migrate", verbosity=0, run_syncdb=True)
    User.objects.create_user("alice", "alice@example.test", "alicepass", first_name="Alice", last_name="Test")
    Application.objects.create(
        client_id="spa",
        name="spa",
        client_type=Application.CLIENT_PUBLIC,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        algorithm=Application.RS256_ALGORITHM,
        skip_authorization=True,
        redirect_uris=f"{portal}/cb",
        post_logout_redirect_uris=f"{portal}/",
    )


if __name__ == "__main__":
    fill_database()
    call_command("runserver", f"127.0.0.1:{port}", use_reloader=False)
