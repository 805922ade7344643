"""`esker serve`: what it refuses, its certificate, and what its answers carry."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta

import pytest
from cryptography import x509
from django.test import Client

from esker.clinic import serve, start
from esker.clinic import server as server_module
from esker.clinic.demo.clock import FILE
from esker.clinic.setup import first, tls
from tests.clinic.serving import free_port
from tests.conftest import NOW

NAMES = ["clinic.example", "192.0.2.7"]


def server(files):
    return x509.load_pem_x509_certificate(files.server.read_bytes())


def test_a_demo_folder_is_no_clinic(tmp_path):
    (tmp_path / FILE).write_text("{}")
    assert "demo" in serve.refusal(tmp_path, "127.0.0.1", False, False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "clinic.example"])
def test_beyond_this_machine_it_asks_for_tls(tmp_path, host):
    """A password does not cross the network in the clear unless somebody says so."""
    assert "--tls" in serve.refusal(tmp_path, host, False, False)
    assert serve.refusal(tmp_path, host, True, False) is None
    assert serve.refusal(tmp_path, host, False, True) is None


def test_a_proxy_is_named_by_its_address_and_alone(tmp_path):
    """Believing everybody, or speaking TLS twice, is a slip."""
    assert serve.refusal(tmp_path, "0.0.0.0", False, False, "192.0.2.1") is None
    assert "address" in serve.refusal(tmp_path, "0.0.0.0", False, False, "*")
    assert "alone" in serve.refusal(tmp_path, "0.0.0.0", True, False, "192.0.2.1")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_on_this_machine_it_does_not(tmp_path, host):
    assert serve.refusal(tmp_path, host, False, False) is None


def test_a_tablet_that_trusts_the_authority_trusts_the_server(tmp_path):
    """By its name and by its address; and OpenSSL agrees."""
    files = tls.prepare(tmp_path, NAMES, NOW)
    known = server(files).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert ["clinic.example"] == known.get_values_for_type(x509.DNSName)
    assert ["192.0.2.7"] == [str(ip) for ip in known.get_values_for_type(x509.IPAddress)]
    server(files).verify_directly_issued_by(x509.load_pem_x509_certificate(files.ca.read_bytes()))
    ssl.create_default_context(cafile=files.ca).load_cert_chain(files.server, files.server_key)
    assert {0o600} == {path.stat().st_mode & 0o777 for path in (files.ca_key, files.server_key)}


def test_a_certificate_is_renewed_under_the_same_authority(tmp_path):
    """Before it ends, or when a name is missing; else it stays, and tablets notice nothing."""
    files = tls.prepare(tmp_path, NAMES, NOW)
    authority, old = tls.fingerprint(tmp_path), server(files).serial_number
    tls.prepare(tmp_path, NAMES[:1], NOW + timedelta(days=30))
    assert old == server(files).serial_number
    tls.prepare(tmp_path, [*NAMES, "other.example"], NOW)
    named = server(files).serial_number
    assert named != old
    tls.prepare(tmp_path, NAMES, NOW + timedelta(days=350))
    assert named != server(files).serial_number
    assert authority == tls.fingerprint(tmp_path)
    assert tls.ends(tmp_path) > NOW + timedelta(days=700)


def served(folder, *words):
    """What `python -m esker serve` says on this folder until it has ended or shown its address."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ESKER_", "DJANGO_"))}
    command = [sys.executable, "-m", "esker", "serve", "--data", str(folder), *map(str, words)]
    server = subprocess.Popen(command, env=kept, stdout=-1, stderr=-1, text=True, umask=0o022)
    try:
        said = server.stdout.readline()
    finally:
        server.terminate()
    return said, server.communicate(timeout=30)[1], server.returncode


@contextmanager
def busy():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_web_port_that_is_taken_is_said_before_any_address(tmp_path):
    with busy() as port:
        said, fault, code = served(tmp_path / "new", "--port", port)
    assert ("", 2) == (said, code)
    assert f"cannot listen on port {port} of 127.0.0.1: Address already in use." in fault
    assert "Traceback" not in fault
    assert not (tmp_path / "new").exists()


def test_a_new_folder_is_its_owners_alone_and_a_deaf_gateway_is_said(tmp_path):
    """Patients are in the database and in the files that SQLite puts beside it."""
    folder = tmp_path / "new"
    with busy() as port:
        said, fault, _ = served(folder, "--port", free_port(), "--mllp-port", port)
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.glob("esker.sqlite3*")}
    assert "/set-up/" in said
    assert f"No monitor can reach Esker on port {port}: Address already in use." in fault
    assert "Other users" not in fault
    assert 0o700 == folder.stat().st_mode & 0o777
    assert {0o600} == set(modes.values())


def test_a_folder_that_others_read_is_said_and_left_as_it_is(tmp_path):
    tmp_path.chmod(0o755)
    assert f"chmod go= {tmp_path}" in start.seen_by_others(tmp_path)
    assert 0o755 == tmp_path.stat().st_mode & 0o777
    tmp_path.chmod(0o700)
    assert start.seen_by_others(tmp_path) is None


@pytest.mark.django_db
def test_the_door_of_an_empty_folder_opens_once(tmp_path, settings, clinic):
    settings.DATA = tmp_path
    token = first.open_door()
    assert not first.fits(token)  # there is a clinic
    clinic.delete()
    assert first.fits(token)
    assert not first.fits(token + "x")
    assert token not in (tmp_path / first.FILE).read_text()
    newer = first.open_door()
    assert (False, True) == (first.fits(token), first.fits(newer))
    first.close_door()
    assert not first.fits(newer)


@pytest.mark.django_db
def test_every_page_forbids_what_it_does_not_need(nurse):
    """Scripts and styles of our own only; in no frame; no address told to others."""
    client = Client()
    client.force_login(nurse, backend="django.contrib.auth.backends.ModelBackend")
    for url in ("/", "/sign-in/", "/account/", "/tls/"):
        headers = client.get(url).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "DENY" == headers["X-Frame-Options"]
        assert "nosniff" == headers["X-Content-Type-Options"]
        assert "same-origin" == headers["Referrer-Policy"]


def test_djangos_own_check_finds_nothing_under_tls(tmp_path):
    """`manage.py check --deploy`, as a server with --tls is set."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("ESKER_", "DJANGO_"))}
    environment |= {"ESKER_DATA": str(tmp_path), "ESKER_TLS": "1", "ESKER_NAMES": "clinic.example",
                    "DJANGO_SETTINGS_MODULE": "esker.clinic.settings"}  # fmt: skip
    words = [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    print_cookies = (
        "import django; django.setup(); from django.conf import settings as s;"
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, 'clinic.example' in s.ALLOWED_HOSTS)"
    )
    said = subprocess.run(
        [sys.executable, "-c", print_cookies], env=environment, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert "True True True" == said.stdout.strip()


@pytest.mark.hazard(17)
def test_a_taken_port_is_logged_once_and_once_when_it_is_had(monkeypatch, caplog):
    """A log of ten thousand equal lines hides the one that matters."""
    why = [
        OSError(98, "Address in use"),
        OSError(98, "Address in use"),
        OSError(13, "Denied"),
        None,
    ]

    def gateway(*_):
        if wrong := why.pop(0):
            raise wrong
        return "listening"

    monkeypatch.setattr(server_module, "AGAIN_S", 0.0)
    monkeypatch.setattr(server_module, "_gateway", gateway)
    assert asyncio.run(server_module._listening("127.0.0.1", 2575, "clinic")) == "listening"
    assert [record.getMessage() for record in caplog.records] == [
        "No monitor can reach Esker: Address in use. Trying again.",
        "No monitor can reach Esker: Denied. Trying again.",
        "Monitors can reach Esker again.",
    ]
