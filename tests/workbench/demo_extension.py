"""The demo's second company: connected through Meta's own window, no token pasted."""

from __future__ import annotations

from typing import Any

from tests.fake_meta.control import FakeMetaControl

from . import demo_scene as scene
from .meta_dialog import CALLBACK, connect
from .rpc import Session

FIRM = "Solar Sisters"
BUSINESS = "700000000000009"
PAGE, FORM, DATASET = "110000000000009", "220000000000009", "500000000000009"
PERSON = "Gina Gold"
#: Of the one lead: its raw lead, and each stage behind the first.
EVENTS = 4


def open_meta(meta: FakeMetaControl, odoo_url: str) -> None:
    """A business portfolio with a Page and a dataset, and our app on Meta's list."""
    meta.add_page(PAGE, FIRM)
    meta.add_form(FORM, PAGE, "Roof check", scene.QUESTIONS[scene.ENGLISH_FORM])
    meta.add_dataset(DATASET, f"{FIRM} CRM")
    meta.add_business(BUSINESS, FIRM, [PAGE], [DATASET], "800000000000009")
    meta.allow_extension(scene.APP, [f"{odoo_url}{CALLBACK}"])


def set_up(admin: Session) -> dict[str, Any]:
    """Connect the company through both of Meta's windows; returns its connection.

    :raise AssertionError: when something did not come back, with Odoo's words
    """
    company = admin.create("res.company", {"name": FIRM})
    (user,) = admin.search_read("res.users", [("login", "=", "admin")], ["id"])
    admin("res.users", "write", [user["id"]], {"company_ids": [(4, company)]})
    connection = admin.create(
        "meta.connection",
        {
            "name": FIRM,
            "company_id": company,
            "made_by": "extension",
            "app_id": scene.APP,
            "app_secret": scene.APP_SECRET,
            "send_at_once": True,
        },
    )
    for entry in ("lead_ads", "measurement"):
        said = connect(admin, connection, entry)
        if "Not connected" in said:
            raise AssertionError(f"Meta's window ended with: {said}")
    shown = admin(
        "meta.connection",
        "read",
        [connection],
        [
            *("extension_state", "extension_missing", "callback_url"),
            *("page_ids", "dataset_ids", "feature_ids"),
        ],
    )[0]
    if shown["extension_state"] != "connected" or shown["extension_missing"]:
        raise AssertionError(f"the connection is not whole: {shown}")
    admin("meta.capi.dataset", "action_map_pipeline", shown["dataset_ids"])
    admin("meta.lead.page", "action_subscribe", shown["page_ids"])
    return shown


def bring_in(meta: FakeMetaControl, connection: dict[str, Any]) -> dict[str, str]:
    """Somebody fills in the form of that Page; ``{name: Meta lead id}``."""
    answers = {"full_name": PERSON, "email": "gina@example.com"}
    leads = {PERSON: meta.create_lead(FORM, answers)}
    scene.announce_one(meta, connection["callback_url"], leads[PERSON])
    return leads


def win(admin: Session, leads: dict[str, str]) -> None:
    """Their lead goes through the pipeline, stage by stage."""
    lead = scene.find(admin, leads[PERSON])
    for stage in admin.search_read("crm.stage", [], ["name"], order="sequence, id"):
        admin("crm.lead", "write", [lead], {"stage_id": stage["id"]})
