"""Canaille as a provider that keeps everything in memory: python canaille.py PORT PORTAL."""

import datetime
import os
import sys

# it runs on plain http here, which its OAuth library only allows by this
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from canaille import create_app  # noqa: E402
from canaille.app import models  # noqa: E402
from canaille.backends import Backend  # noqa: E402
from werkzeug.serving import run_simple  # noqa: E402

port, portal = sys.argv[1:]

app = create_app({
    "SECRET_KEY": "not a secret: " + "0" * 50,
    "SERVER_NAME": f"127.0.0.1:{port}",
    "PREFERRED_URL_SCHEME": "http",
    "CANAILLE": {
        "DATABASE": "memory",
        "ACL": {"DEFAULT": {"PERMISSIONS": ["use_oidc", "edit_self"]}},
    },
})


def fill_database():
    Backend.instance.save(models.User(
        user_name="alice",
        password="alicepass",
        formatted_name="Alice Test",
        given_name="Alice",
        family_name="Test",
        emails=["alice@example.test"],
    ))
    client = models.Client(
        client_id="spa",
        client_name="spa",
        # whose origin may ask; and who is on this machine needs nobody's consent
        client_uri=portal,
        client_id_issued_at=datetime.datetime.now(datetime.timezone.utc),
        token_endpoint_auth_method="none",
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        scope=["openid", "profile", "email", "offline_access"],
        redirect_uris=[f"{portal}/cb"],
        post_logout_redirect_uris=[f"{portal}/"],
    )
    Backend.instance.save(client)
    client.audience = [client]
    Backend.instance.save(client)


with app.app_context():
    fill_database()
run_simple("127.0.0.1", int(port), app, threaded=True)
