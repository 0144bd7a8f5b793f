"""No screen is wider than a display of 1366 pixels, in English and in Arabic."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workbench.workbench import Workbench

from .chats import Chats
from .firm import Firm
from .past import add_past
from .screen import Screen

ACTIONS = (
    "meta_overview",
    "meta_reconciliation",
    "meta_funnel_doctor",
    "meta_dry_run",
    "meta_setup",
    "meta_connection",
    "meta_lead_page",
    "meta_lead_form",
    "meta_capi_dataset",
    "meta_capi_rule",
    "meta_capi_event",
    "meta_lead_submission",
    "meta_lead_submission_parked",
    "meta_sync_log",
    "meta_capi_quality",
    "meta_lead_import",
    "meta_capi_backfill",
    "meta_lead_referral",
    "meta_lead_account",
)
#: What is shown of the first record of each.
FORMS = (
    "meta.connection",
    "meta.lead.page",
    "meta.lead.form",
    "meta.capi.dataset",
    "meta.capi.rule",
    "meta.capi.event",
    "meta.lead.submission",
    "meta.sync.log",
    "meta.capi.backfill",
    "meta.capi.quality",
    "meta.lead.referral",
    "meta.lead.account",
)


def too_wide(screen: Screen) -> list[str]:
    """What goes beyond the window, or makes its own frame scroll sideways."""
    return screen.tab.run(
        """() => {
            const name = (element) => `${element.tagName} ${element.className}`;
            const frames = [document.documentElement,
                            ...document.querySelectorAll(".o_content, .o_form_sheet")];
            return frames.filter((frame) => frame.scrollWidth > frame.clientWidth + 1)
                .map(name);
        }"""
    )


@pytest.fixture
def busy(connected: Firm) -> Firm:
    """With something to show on every screen."""
    connected.new_lead("Ana Acker")
    add_past(connected.dataset_id, days=3, per_day=20)
    admin = connected.session("administrator")
    chats = Chats(connected)
    chats.add_dataset()
    chats.write()
    plan = admin.create("meta.capi.backfill", {})
    admin("meta.capi.backfill", "action_plan", [plan])
    for dataset in admin("meta.capi.dataset", "search", []):
        admin("meta.capi.dataset", "action_read_quality", [dataset])
    connected.rest_crons()
    return connected


def look_at_all(screen: Screen, album: Path | None = None) -> dict[str, list[str]]:
    """Which screens are too wide, and what of them."""
    found = {}
    for action in ACTIONS:
        screen.go(f"/odoo/action-meta_crm_capi.{action}_action")
        screen.sees(".o_action_manager .o_content > *")
        found[action] = too_wide(screen)
        if album:
            screen.tab.photograph(album / f"arabic_{action}.png")
    return {action: wide for action, wide in found.items() if wide}


def test_every_screen_fits(busy: Firm):
    assert look_at_all(busy.screen("administrator")) == {}


def test_every_screen_fits_in_arabic(busy: Firm, workbench: Workbench):
    busy.let_speak("administrator", "ar_001")
    album = workbench.layout.root / "screenshots"
    album.mkdir(exist_ok=True)
    # Odoo mirrors them where the machine has rtlcss; the words are Arabic anyway.
    assert look_at_all(busy.screen("administrator"), album) == {}


def test_every_form_fits(busy: Firm):
    screen = busy.screen("administrator")
    admin = busy.session("administrator")
    found = {}
    for model in FORMS:
        (first, *_others) = admin(model, "search", [])
        screen.go(f"/odoo/{model}/{first}")
        screen.sees(".o_form_view .o_form_sheet")
        found[model] = too_wide(screen)

    assert {model: wide for model, wide in found.items() if wide} == {}
