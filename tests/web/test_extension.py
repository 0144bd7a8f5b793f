"""An administrator connects a company through Meta's own login window."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.workbench.meta_dialog import CALLBACK

from .chromium import PATIENCE
from .firm import Firm
from .screen import Screen
from .test_width import too_wide


@contextmanager
def popup(screen: Screen) -> Iterator[None]:
    """What is done inside is done in the window that this screen has opened."""
    tab = screen.tab
    own, session = tab._session, None
    deadline = time.monotonic() + PATIENCE
    while session is None and time.monotonic() < deadline:
        tab._session = None
        targets = tab.call("Target.getTargets")["targetInfos"]
        for target in targets:
            path = target["url"].split("?")[0]
            if path.endswith(("/dialog/oauth", CALLBACK)):
                session = tab.call(
                    "Target.attachToTarget", targetId=target["targetId"], flatten=True
                )["sessionId"]
        tab._session = own
        time.sleep(0.1)
    assert session, "Meta's window did not open"
    tab._session = session
    try:
        yield
    finally:
        tab._session = own


def press(screen: Screen, words: str) -> None:
    """Press a button of Meta's page."""
    with popup(screen):
        screen.tab.wait(
            "(words) => [...document.querySelectorAll('button')]"
            ".some((button) => button.textContent === words)",
            words,
            what=f"the button {words} of Meta's window",
        )
        # The answer to the click may be the end of the window.
        screen.tab.run(
            "(words) => { const button = [...document.querySelectorAll('button')]"
            ".find((button) => button.textContent === words);"
            " setTimeout(() => button.click()); }",
            words,
        )


def prepare(firm: Firm) -> Screen:
    """The app is on Meta's list; the connection is made and shows its page."""
    firm.meta.add_business(
        f"105{firm.app_id[3:]}", firm.name, [firm.page_id], [firm.dataset_id]
    )
    screen = firm.screen("administrator")
    firm.meta.allow_extension(firm.app_id, [f"{screen.url}{CALLBACK}"])
    screen.open("meta_crm_capi.meta_connection_action")
    screen.click("New")
    screen.fill("Name", "Sunny Roofs")
    screen.fill("App ID", firm.app_id)
    screen.fill("App secret", firm.app_secret)
    screen.click_on("[data-value='extension']")
    screen.save()
    screen.turn_to("Business extension")
    return screen


def test_a_company_connects_through_metas_window_without_pasting_a_token(firm: Firm):
    screen = prepare(firm)

    screen.click("Connect with Meta: Lead ads")
    press(screen, "Continue")
    screen.reads("lead_ads")
    screen.click("Connect with Meta: Measurement and optimisation")
    press(screen, "Continue")
    screen.reads("pixel")

    admin = firm.session("administrator")
    (connection,) = admin.search_read(
        "meta.connection", [], ["extension_state", "page_ids", "dataset_ids"]
    )
    assert connection["extension_state"] == "connected"
    assert len(connection["page_ids"]) == len(connection["dataset_ids"]) == 1
    (install,) = firm.meta.installs().values()
    assert [token for token in install["tokens"] if token in screen.received()] == []


def test_who_cancels_at_meta_is_told_so_and_nothing_is_connected(firm: Firm):
    screen = prepare(firm)

    screen.click("Connect with Meta: Lead ads")
    press(screen, "Cancel")

    with popup(screen):
        screen.tab.wait(
            "() => document.body.innerText.includes('You pressed Cancel')",
            what="the words about Cancel in the window",
        )
    assert firm.meta.installs() == {}


def test_an_odoo_that_meta_would_not_come_back_to_says_so_before(firm: Firm):
    screen = prepare(firm)
    elsewhere = screen.url.replace("127.0.0.1", "localhost")
    firm.move_to(elsewhere)

    screen.click("Connect with Meta: Lead ads")

    screen.reads(f"Meta would come back to {elsewhere}, but you use Odoo at")
    targets = screen.tab.call("Target.getTargets")["targetInfos"]
    assert [target["url"] for target in targets if "/dialog/" in target["url"]] == []


def test_a_button_of_the_business_is_changed_at_meta_from_odoo(firm: Firm):
    screen = prepare(firm)
    screen.click("Connect with Meta: Measurement and optimisation")
    press(screen, "Continue")
    screen.reads("Connected with Meta.")
    ((name, _install),) = firm.meta.installs().items()
    number = firm.meta.add_feature(
        name,
        "page_cta",
        cta_button_text="Book Now",
        cta_button_url="https://roofs.example/book",
    )
    screen.click("Read it from Meta now")
    screen.reads("Book Now · https://roofs.example/book")

    assert too_wide(screen) == []
    screen.click("Configure")
    screen.fill("Button opens", "https://roofs.example/new")
    assert too_wide(screen) == []
    screen.click("Save at Meta")

    screen.reads("Book Now · https://roofs.example/new")
    config = firm.meta.installs()[name]["config"][number]
    assert config["cta_button_url"] == "https://roofs.example/new"


def test_what_did_not_come_back_and_an_uninstall_are_said_on_the_form(firm: Firm):
    screen = prepare(firm)
    screen.reads("Not connected yet: press “Connect with Meta”")
    firm.meta.plan_onboarding(firm.app_id, f"105{firm.app_id[3:]}", gives_dataset=False)
    screen.click("Connect with Meta: Measurement and optimisation")
    press(screen, "Continue")
    screen.reads("Connected with Meta, but not everything came back")
    screen.reads("No dataset was chosen in Meta's window")
    (row,) = firm.session("administrator").search_read(
        "meta.connection", [], ["callback_url", "external_business_id"]
    )
    firm.meta.uninstall(row["external_business_id"])
    firm.meta.deliver_install(
        row["callback_url"], row["external_business_id"], "UNINSTALL"
    )
    firm.run_cron("extension")

    firm.let_speak("administrator", "ar_001")
    screen = firm.screen("administrator")
    screen.go(f"/odoo/action-meta_crm_capi.meta_connection_action/{row['id']}")

    screen.reads("The business has uninstalled the app at Meta.")
    screen.turn_to("Business extension")
    screen.reads("Nothing is installed: press a button above.")
    assert too_wide(screen) == []
