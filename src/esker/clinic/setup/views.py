"""Set-up and administration: the pages by which a folder becomes a clinic, and stays right."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from esker.clinic.people import commands as people
from esker.clinic.people import directory, screen, signing
from esker.clinic.people.views import BACKEND, enrolment, link, twice
from esker.clinic.setup import commands, first, queries, texts, tls
from esker.clinic.setup.countries import countries
from esker.core.ledger import Refused
from esker.core.protocols.show import show
from esker.core.session.state import Role

View = Callable[..., HttpResponse]
ROLES = tuple((role.value, role.value.replace("_", " ").capitalize()) for role in Role)


def only(*roles: Role) -> Callable[[View], View]:
    """For these roles; for anyone else there is no such page."""

    def wrap(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not any(request.screen.user.has_role(role) for role in roles):
                raise Http404
            return view(request, *args, **kwargs)

        return never_cache(require_http_methods(["GET", "POST"])(inner))

    return wrap


administrator = only(Role.ADMINISTRATOR)
signers = only(Role.ADMINISTRATOR, Role.PRESCRIBER)


@require_http_methods(["GET", "POST"])
@never_cache
def set_up(request: HttpRequest, token: str) -> HttpResponse:
    """The first page of an empty folder: the clinic and its first administrator."""
    if not first.fits(token):
        return render(request, "setup/no_door.html", status=404)
    refused = None
    if request.method == "POST":
        made = _first_administrator(request)
        if not isinstance(made, Refused):
            first.close_door()
            request.session.pop("candidate", None)
            login(request, made, backend=BACKEND)
            screen.unlock(request)
            answer = redirect("administration")
            screen.remember(answer, str(made.clinic_id), None)
            return answer
        refused = made
    shown = {"refused": refused, "said": request.POST, "zones": sorted(available_timezones()),
             "countries": sorted(countries().items(), key=lambda each: each[1]),
             **enrolment(request, None)}  # fmt: skip
    return render(request, "setup/set_up.html", shown, status=409 if refused else 200)


def _first_administrator(request: HttpRequest) -> Any:
    said = request.POST
    name, zone, country = (said.get(each, "").strip() for each in ("clinic", "zone", "country"))
    if not name or len(name) > 200:
        return Refused("clinic", "Write the clinic's name.")
    if zone not in available_timezones():
        return Refused("zone", "Choose the clinic's time zone; one reads like Europe/London.")
    if country not in countries():
        return Refused("country", "Choose the country.")
    return twice(request) or people.found(
        {"name": name, "zone": zone, "country": country},
        said.get("username", "").strip(), said.get("name", ""), said.get("password", ""),
        str(request.session.get("candidate", signing.new_secret())), said.get("code", "").strip(),
    )  # fmt: skip


@administrator
def administration(request: HttpRequest) -> HttpResponse:
    """What is set up, and what is still missing before a session can be opened."""
    clinic = request.screen.clinic
    everyone = [each for each in directory.everyone(clinic) if each["active"] and each["ready"]]
    has = {role for each in everyone for role in each["roles"]}
    signed = queries.signed_protocols(clinic)
    signer = any("prescriber" in each["roles"] and each["licence"] for each in everyone)
    steps = [
        ("admin-people", "People", signer and "nurse" in has,
         "a nurse, and a prescriber with a licence, who have used their links"),
        ("admin-chairs", "Chairs", bool(queries.chairs(clinic)), "at least one"),
        ("admin-monitors", "Monitors", bool(queries.monitors(clinic)), "at least one"),
        ("admin-products", "Products", bool(queries.products(clinic)), "what is in the cabinet"),
        ("admin-protocols", "Protocols", bool(signed), "signed by a prescriber"),
        ("tls", "Tablets", settings.TLS, "start with --tls, so that tablets connect safely"),
    ]  # fmt: skip
    return render(request, "setup/administration.html", {"steps": steps})


@administrator
def admin_people(request: HttpRequest) -> HttpResponse:
    refused = None
    if request.method == "POST":
        said = request.POST
        made = people.add_person(
            request.screen.user, said.get("username", "").strip(), said.get("name", ""),
            said.getlist("roles"), said.get("licence", ""),
        )  # fmt: skip
        if not isinstance(made, Refused):
            return _with_link(request, made.username)
        refused = made
    shown = {"people": directory.everyone(request.screen.clinic), "roles": ROLES,
             "said": request.POST, "checked": request.POST.getlist("roles")}  # fmt: skip
    return _answer(request, "setup/people.html", refused, shown)


@administrator
def admin_person(request: HttpRequest, username: str) -> HttpResponse:
    everyone = {each["username"]: each for each in directory.everyone(request.screen.clinic)}
    if username not in everyone:
        raise Http404
    refused, by, said = None, request.screen.user, request.POST
    if request.method == "POST" and said.get("do") == "link":
        refused = people.invite(by, username)
        if refused is None:
            return _with_link(request, username)
    elif request.method == "POST":
        refused = people.change_person(
            by, username, said.get("name", ""), said.getlist("roles"), said.get("licence", ""),
            said.get("active") == "yes",
        )  # fmt: skip
        if refused is None:
            return redirect("admin-people")
    person = everyone[username]
    if refused and said.get("do") != "link":
        typed = {"name": said.get("name"), "licence": said.get("licence")}
        person |= typed | {"roles": said.getlist("roles"), "active": said.get("active") == "yes"}
    shown = {"person": person, "roles": ROLES, "checked": person["roles"]}
    return _answer(request, "setup/person.html", refused, shown)


def _with_link(request: HttpRequest, username: str) -> HttpResponse:
    """The link is shown once, here; it is stored nowhere."""
    everyone = directory.everyone(request.screen.clinic)
    person = next(each for each in everyone if each["username"] == username)
    shown = {"person": person, "address": link(request, username)}
    return render(request, "setup/link.html", shown)


@administrator
def admin_chairs(request: HttpRequest) -> HttpResponse:
    acts = {
        "add": lambda by, said: commands.add_chair(by, said.get("name", "")),
        "remove": lambda by, said: commands.remove_chair(by, said.get("name", "")),
        "unpair": lambda by, said: commands.unpair_screen(by, said.get("screen", "")),
    }
    clinic = request.screen.clinic
    return _list(
        request, "setup/chairs.html", acts,
        lambda: {"chairs": queries.chairs(clinic), "screens": queries.screens(clinic),
                 "said": request.POST},
    )  # fmt: skip


@administrator
def admin_monitors(request: HttpRequest) -> HttpResponse:
    acts = {
        "add": lambda by, said: commands.add_monitor(by, **_monitor(said)),
        "move": lambda by, said: commands.move_monitor(by, **_monitor(said)),
        "remove": lambda by, said: commands.remove_monitor(by, said.get("identity", "")),
    }
    clinic = request.screen.clinic
    do, typed = request.POST.get("do"), _monitor(request.POST)
    return _list(
        request, "setup/monitors.html", acts,
        lambda: {
            "said": typed if do == "add" else {},
            "monitors": [
                typed | {"open": True} if do == "move" and typed["identity"] == m.identity else m
                for m in queries.monitors(clinic)
            ],
            "chairs": queries.chairs(clinic),
            "heard": queries.heard(clinic), "zones": sorted(available_timezones()),
        },
    )  # fmt: skip


def _monitor(said: Any) -> dict[str, Any]:
    words = {name: said.get(name, "").strip() for name in ("identity", "name", "chair", "zone")}
    return words | {"roving": said.get("roving") == "yes"}


@administrator
def admin_products(request: HttpRequest) -> HttpResponse:
    names = ("gtin", "name", "drug", "form", "strength_mg_per_ml", "volume_ml", "content_mg")
    acts = {
        "add": lambda by, said: commands.add_product(by, **{n: said.get(n, "") for n in names}),
        "remove": lambda by, said: commands.remove_product(by, said.get("gtin", "")),
    }
    clinic = request.screen.clinic
    shown = {"said": request.POST}
    return _list(
        request, "setup/products.html", acts,
        lambda: shown | {"products": queries.products(clinic)},
    )  # fmt: skip


@signers
def admin_protocols(request: HttpRequest) -> HttpResponse:
    acts = {"withdraw": lambda by, said: commands.withdraw_protocol(by, said.get("protocol", ""))}
    clinic = request.screen.clinic
    return _list(
        request, "setup/protocols.html", acts,
        lambda: {
            "signed": queries.signed_protocols(clinic),
            "offered": [texts.text(name) for name in texts.offered()],
        },
    )  # fmt: skip


@signers
def admin_protocol(request: HttpRequest, name: str) -> HttpResponse:
    """One text, whole, as it would be printed; a prescriber signs it here."""
    found = texts.text(name)
    if found is None:
        raise Http404
    refused = None
    if request.method == "POST":
        said = [request.POST.get(n, "") for n in ("seen", "username", "password", "totp")]
        refused = commands.sign_protocol(request.screen.clinic, found.text, *said)
        if refused is None:
            return redirect("admin-protocols")
    clinic = request.screen.clinic
    signed = next((s for s in queries.signed_protocols(clinic) if s.hash == found.hash), None)
    shown = {
        "found": found, "signed": signed,
        "text": show(found.protocol, found.hash) if found.protocol and found.hash else "",
        "signer": request.POST.get("username") or _signer(request),
    }  # fmt: skip
    return _answer(request, "setup/protocol.html", refused, shown)


def _signer(request: HttpRequest) -> str:
    user = request.screen.user
    return user.username if signing.prescribes(user) else ""


@require_GET
def tls_page(request: HttpRequest) -> HttpResponse:
    """How a tablet comes to trust this server. Open: a tablet asks before it can sign in safely."""
    shown = {"fingerprint": tls.fingerprint(settings.DATA), "ends": tls.ends(settings.DATA)}
    return render(request, "setup/tls.html", shown)


@require_GET
def tls_ca(request: HttpRequest) -> HttpResponse:
    """The authority's certificate, which is public; its key never leaves the folder."""
    files = tls.Files(settings.DATA)
    if not files.ca.exists():
        raise Http404
    answer = HttpResponse(files.ca.read_bytes(), content_type="application/x-x509-ca-cert")
    answer["Content-Disposition"] = 'attachment; filename="esker-clinic-authority.pem"'
    return answer


def _list(
    request: HttpRequest, template: str, acts: dict[str, Any], shown: Callable[[], dict[str, Any]]
) -> HttpResponse:
    """A page with a list and a few acts on it: post, then look again."""
    refused = None
    if request.method == "POST":
        act = acts.get(request.POST.get("do", ""))
        if act is None:
            raise Http404
        refused = act(request.screen.user, request.POST)
        if refused is None:
            return redirect(request.path)
    return _answer(request, template, refused, shown())


def _answer(
    request: HttpRequest, template: str, refused: Refused | None, shown: dict[str, Any]
) -> HttpResponse:
    return render(request, template, {"refused": refused, **shown}, status=409 if refused else 200)
