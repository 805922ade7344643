"""Typesets a template of this folder with data beside it, so that a name is never markup."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path


def pdf(template: str, data: object) -> bytes:
    """A tagged PDF/UA-1; a missing glyph fails loudly instead of printing a box."""
    import matplotlib  # both load here: a server that prints nothing starts half a second sooner
    import typst

    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    made = typst.compile(
        files("esker.clinic.record").joinpath(template).read_bytes(),
        font_paths=[str(fonts)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, default=str)},
        pdf_standards="ua-1",
    )
    return bytes(made)
