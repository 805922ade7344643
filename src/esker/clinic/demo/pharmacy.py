"""The demo's cupboard: fictional products and packs, each with a code that can be scanned.

A real pack carries a GS1 DataMatrix. Nothing that this project installs draws one, so the page
shows the same GS1 content, in its readable form with brackets, as a QR code.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

# GTINs of the prefix that GS1 keeps for use inside a company: no real pack carries one.
DEVICE, KETAMINE_50, KETAMINE_10, KETAMINE_100 = (
    "02000000000015", "02000000000022", "02000000000039", "02000000000046",
)  # fmt: skip
PRODUCTS = (
    {
        "gtin": DEVICE,
        "name": "Demo esketamine 28 mg nasal device",
        "drug": "esketamine",
        "form": "device",
        "content_mg": "28",
    },
    {
        "gtin": KETAMINE_50,
        "name": "Demo ketamine 50 mg/mL, 10 mL vial",
        "drug": "ketamine",
        "form": "vial",
        "strength_mg_per_ml": "50",
        "volume_ml": "10",
    },
    {
        "gtin": KETAMINE_10,
        "name": "Demo ketamine 10 mg/mL, 20 mL vial",
        "drug": "ketamine",
        "form": "vial",
        "strength_mg_per_ml": "10",
        "volume_ml": "20",
    },
    {
        "gtin": KETAMINE_100,
        "name": "Demo ketamine 100 mg/mL, 5 mL vial",
        "drug": "ketamine",
        "form": "vial",
        "strength_mg_per_ml": "100",
        "volume_ml": "5",
    },
)
NAMES = {product["gtin"]: product["name"] for product in PRODUCTS}
GOOD, LONG_PAST = date(2031, 12, 31), date(2024, 6, 30)


@dataclass(frozen=True, slots=True)
class Pack:
    gtin: str
    serial: str
    lot: str
    expires: date = GOOD

    @property
    def name(self) -> str:
        return NAMES[self.gtin]

    @property
    def code(self) -> str:
        """The element string with application identifiers in brackets, as scanners can send it."""
        return f"(01){self.gtin}(17){self.expires:%y%m%d}(10){self.lot}(21){self.serial}"

    @property
    def vial(self) -> str:
        """What the clinic calls this one pack once it has been scanned."""
        return f"{self.gtin}.{self.serial}"


DEVICES = tuple(Pack(DEVICE, f"N{number:02}", "DEMO-N1") for number in range(1, 16))
VIALS_50 = tuple(Pack(KETAMINE_50, f"K50-{number}", "DEMO-K50") for number in range(1, 5))
PACKS = (
    *DEVICES,
    Pack(DEVICE, "N90", "DEMO-N0", LONG_PAST),
    *VIALS_50,
    Pack(KETAMINE_10, "K10-1", "DEMO-K10"),
    Pack(KETAMINE_10, "K10-2", "DEMO-K10"),
    Pack(KETAMINE_100, "K100-1", "DEMO-K100"),
    Pack(KETAMINE_50, "K50-90", "DEMO-K0", LONG_PAST),
)
