"""What a chair page costs with 7,200 readings behind it: milliseconds on the server, KB on the wire.

python -m bench.page    the demo's day, an hour and more at chair 3 once a second, sealed each minute

The page is one request for HTML, then one for the chart, then a glance each second and a few new
points each four seconds. Bodies are counted as they are served: compressed where they are.
"""

from __future__ import annotations

import gzip
import re
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

READINGS = 7200
CHANNELS = 4
TIMES = 15
LIMITS = {"server ms": 150.0, "wire KB": 300.0}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        from esker.clinic.start import django

        django(Path(folder), demo=True, migrate=True)
        client, session, after = built()
        return measured(client, f"/chair/{session}/", after)


def built():
    """A clinic's morning, then readings at 1 Hz as a monitor sends them."""
    from django.conf import settings
    from django.test import Client

    from esker.clinic import clock
    from esker.clinic.demo import cast, seed, story
    from esker.clinic.demo.messages import message
    from esker.clinic.devices import intake, sealing
    from esker.clinic.people.models import User
    from esker.core.monitoring.channels import Channel

    settings.ALLOWED_HOSTS = ["testserver"]
    begins = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    story.morning(begins)
    values = {Channel.SBP: 131, Channel.DBP: 82, Channel.HR: 74, Channel.SPO2: 97}
    at = begins
    for second in range(READINGS // CHANNELS):
        at = begins + timedelta(seconds=second)
        swing = {Channel.HR: 74 + second % 5, Channel.SPO2: 96 + second % 3}
        raw = message(cast.MONITORS[2], f"BENCH{second}", at, values | swing)
        intake.receive(seed.CLINIC, raw, at)
        if second % 60 == 59:
            sealing.seal(seed.CLINIC, at)
    clock.install(lambda: at)
    client = Client(headers={"accept-encoding": "gzip"})
    client.force_login(
        User.objects.get(username="nurse"), "django.contrib.auth.backends.ModelBackend"
    )
    return client, cast.CEDAR.session, (at - timedelta(seconds=4)).isoformat()


def measured(client, page, after) -> int:
    html, html_ms = asked(client, page)
    chart, chart_ms = asked(client, f"{page}chart/")
    assets = {path: len(file(path)) for path in scripts(html)}
    glance, glance_ms = asked(client, f"{page}fragment/?regions=strip,rail,tiles")
    whole, whole_ms = asked(client, f"{page}fragment/")
    points, points_ms = asked(client, f"{page}chart/?after={after.replace('+', '%2B')}")
    wire = (len(html) + len(chart) + sum(assets.values())) / 1000
    print(f"{READINGS} readings at one chair, {CHANNELS} channels at 1 Hz")
    print(f"page            {html_ms:7.1f} ms {len(html) / 1000:8.1f} KB")
    print(f"chart           {chart_ms:7.1f} ms {len(chart) / 1000:8.1f} KB")
    print(
        f"scripts, styles            {sum(assets.values()) / 1000:8.1f} KB in {len(assets)} files"
    )
    print(f"glance, each s  {glance_ms:7.1f} ms {len(glance) / 1000:8.1f} KB")
    print(f"new points      {points_ms:7.1f} ms {len(points) / 1000:8.1f} KB")
    print(f"all regions     {whole_ms:7.1f} ms {len(whole) / 1000:8.1f} KB, after an entry")
    print(f"in all          {html_ms + chart_ms:7.1f} ms {wire:8.1f} KB (aim: 150 ms, 300 KB)")
    return int(html_ms + chart_ms > LIMITS["server ms"] or wire > LIMITS["wire KB"])


def asked(client, path, times=TIMES):
    """The body as served, and the median milliseconds that the server's processor worked for it."""
    spent = []
    for _ in range(times):
        begun = time.process_time()
        answer = client.get(path)
        body = answer.content
        spent.append((time.process_time() - begun) * 1000)
        assert answer.status_code == 200, (path, answer.status_code)
    return body, statistics.median(spent)


def file(path) -> bytes:
    """A static file as the embedded server sends it, which is as it lies there."""
    from django.contrib.staticfiles import finders

    return Path(finders.find(path.removeprefix("/static/"))).read_bytes()


def scripts(html):
    """Every script and style that the page names, and the modules that those import."""
    found = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', gzip.decompress(html).decode()))
    waiting = list(found)
    while waiting:
        path = waiting.pop()
        for name in re.findall(r'(?:from|import) "\./([^"]+)"', file(path).decode()):
            other = f"{path.rpartition('/')[0]}/{name}"
            if other not in found:
                found.add(other)
                waiting.append(other)
    return sorted(found)


if __name__ == "__main__":
    sys.exit(main())
