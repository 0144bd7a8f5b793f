"""The addon's main job on real parts: Odoo, PostgreSQL and a stand-in for Meta.

Five leads come in, a sales rep works them; a second company connects through Meta's
own window and wins a lead; an ad opens a chat, which ends in a sale. Three sides are
compared in the end: what Odoo's log believes, what the rows say, and what Meta really
counted.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from requests import RequestException

from tests.fake_meta.control import FakeMetaControl
from tests.fake_meta.process import FakeMetaProcess

from . import demo_chat, demo_extension
from . import demo_scene as scene
from .failures import WorkbenchError
from .layout import ADDON
from .odoo_server import LOGIN, PASSWORD
from .rpc import OdooRefused, Session
from .steps import step
from .workbench import Workbench

DATABASE = "demo"
LEADS = 5
EVENTS = 14
ALL_EVENTS = EVENTS + demo_extension.EVENTS + demo_chat.EVENTS
PATIENCE = 120


def run(workbench: Workbench, _words: list[str]) -> int:
    """Run the demo; 0 when all three sides agree."""
    with step("Odoo: fresh database with crm and the addon"):
        workbench.odoo.create_database(DATABASE, ["crm", ADDON])
    with (
        FakeMetaProcess() as meta,
        workbench.odoo.server(DATABASE) as odoo,
    ):
        try:
            verdict, ok = play(meta, odoo.url)
        except (WorkbenchError, AssertionError, OdooRefused, RequestException) as error:
            verdict, ok = f"demo FAILED: {error}", False
        print(verdict, flush=True)
        if ok and sys.stdout.isatty() and sys.stdin.isatty():
            stay(odoo)
    return 0 if ok else 1


def play(meta: FakeMetaProcess, odoo_url: str) -> tuple[str, bool]:
    """The whole scene; returns the last line and whether all is well."""
    with step("Meta: an app, a Page with two forms, a CRM dataset"):
        scene.open_meta(meta.control)
    with step("Odoo: connection, Page, forms, dataset, funnel-stage mapping"):
        admin = Session(odoo_url, DATABASE, LOGIN, PASSWORD)
        connection = scene.connect(admin, meta.url, odoo_url)
        check_handshake(meta.control, connection)
    with step("Meta: five people fill in a form, the webhooks go out") as current:
        leads = scene.fill_in_forms(meta.control)
        scene.announce(meta.control, connection["callback_url"], leads)
        wait_for(
            lambda: len(submissions(admin, "done")) == LEADS,
            "the five leads",
            lambda: submissions(admin),
        )
        scene.check_leads(admin, leads)
        current.note(f"{len(submissions(admin, 'done'))} leads in Odoo")
    with step("Meta: the raw leads are accepted"):
        wait_for_accepted(admin, LEADS)
    with step("Odoo: a sales rep works the pipeline"):
        rep = Session(odoo_url, DATABASE, scene.REP, scene.REP_PASSWORD)
        scene.work_the_pipeline(rep, leads)
    with step("Meta: every step is accepted"):
        wait_for_accepted(admin, EVENTS)
        wait_for(lambda: not waiting(admin), "an empty queue", lambda: waiting(admin))
    leads |= play_extension(meta.control, admin, odoo_url)
    play_chat(meta.control, admin, rep, connection)
    print_table(admin, {**leads, "(a chat)": demo_chat.SHOWN})
    return compare(admin, meta.control, leads)


def play_extension(
    meta: FakeMetaControl, admin: Session, odoo_url: str
) -> dict[str, str]:
    """A company that nobody pastes a token for; returns its leads."""
    with step(f"Odoo: {demo_extension.FIRM} connects through Meta's window") as current:
        demo_extension.open_meta(meta, odoo_url)
        connection = demo_extension.set_up(admin)
        current.note(
            f"Pages {len(connection['page_ids'])}, datasets "
            f"{len(connection['dataset_ids'])}, features "
            f"{len(connection['feature_ids'])}"
        )
    with step("Meta: its Page has a lead, which goes to Won in Odoo"):
        leads = demo_extension.bring_in(meta, connection)
        wait_for(
            lambda: len(submissions(admin, "done")) == LEADS + len(leads),
            "its lead",
            lambda: submissions(admin),
        )
        demo_extension.win(admin, leads)
        wait_for_accepted(admin, EVENTS + demo_extension.EVENTS)
        wait_for(lambda: not waiting(admin), "an empty queue", lambda: waiting(admin))
    return leads


def play_chat(
    meta: FakeMetaControl, admin: Session, rep: Session, connection: dict[str, Any]
) -> None:
    """An ad opens WhatsApp; no form is filled in, and there is no Meta lead ID."""
    with step("Odoo: a messaging dataset for the WhatsApp account"):
        demo_chat.open_meta(meta)
        demo_chat.set_up(admin, connection)
    with step("Meta: somebody clicks an ad and writes, the webhook goes out twice"):
        demo_chat.write(meta, connection["callback_url"])
        demo_chat.choose_policy(admin)
        wait_for(
            lambda: len(demo_chat.leads(admin)) == 1,
            "the lead of the chat",
            lambda: demo_chat.leads(admin),
        )
    with step("Odoo: the rep qualifies and sells; Meta hears of both"):
        demo_chat.win(rep, demo_chat.leads(admin)[0])
        wait_for_accepted(admin, ALL_EVENTS)
        wait_for(lambda: not waiting(admin), "an empty queue", lambda: waiting(admin))
        demo_chat.check(admin, meta)


def check_handshake(meta: FakeMetaControl, connection: dict[str, Any]) -> None:
    answer = meta.handshake(connection["callback_url"], connection["verify_token"])
    if answer["status"] != 200 or not answer["echoed"]:
        raise AssertionError(f"the webhook handshake failed: {answer}")


def submissions(admin: Session, *states: str) -> list[dict[str, Any]]:
    domain = [("state", "in", states)] if states else []
    fields = ["meta_id", "state", "reason"]
    return admin.search_read("meta.lead.submission", domain, fields)


def events(admin: Session) -> list[dict[str, Any]]:
    return admin.search_read(
        "meta.capi.event",
        [],
        ["submission_id", "event_name", "event_id", "state", "step", "reason"],
        order="event_time, id",
    )


def waiting(admin: Session) -> list[dict[str, Any]]:
    return [event for event in events(admin) if event["state"] == "queued"]


def wait_for_accepted(admin: Session, count: int) -> None:
    def accepted() -> int:
        return sum(event["state"] == "accepted" for event in events(admin))

    wait_for(
        lambda: accepted() >= count, f"{count} accepted events", lambda: events(admin)
    )


def wait_for(
    condition: Callable[[], bool], what: str, state: Callable[[], Any]
) -> None:
    """Wait for the crons; on failure say how things stand."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise WorkbenchError(f"{what} did not come", f"Now: {state()}")
        time.sleep(0.2)


def print_table(admin: Session, leads: dict[str, str]) -> None:
    """Lead, Meta lead id, steps accepted, and what was not sent and why."""
    by_lead: dict[str, list[dict[str, Any]]] = {}
    for event in events(admin):
        by_lead.setdefault(event["submission_id"][1], []).append(event)
    print(f"\n{'lead':<13}{'Meta lead ID':<19}steps accepted")
    for name, meta_id in leads.items():
        rows = by_lead.get(meta_id, [])
        accepted = [row["event_name"] for row in rows if row["state"] == "accepted"]
        print(f"{name:<13}{meta_id:<19}{' → '.join(accepted)}")
        for row in rows:
            if row["state"] != "accepted":
                state = row["state"].replace("_", " ")
                what = row["event_name"] or row["step"]
                print(f"{'':<32}{state}: {what}. {row['reason']}")
    print()


def compare(
    admin: Session, meta: FakeMetaControl, leads: dict[str, str]
) -> tuple[str, bool]:
    """Odoo's log, Odoo's rows and Meta's own count; returns the last line."""
    rows = [event for event in events(admin) if event["state"] == "accepted"]
    logged = sum(
        exchange["event_count"]
        for exchange in admin.search_read(
            "meta.sync.log",
            [("kind", "=", "events"), ("outcome", "=", "accepted")],
            ["event_count"],
        )
    )
    report = meta.report()
    taken = [event for event in report["events"] if event["outcome"] != "not_counted"]
    received = Counter(event["event_id"] for event in taken)
    lost = sum(received[row["event_id"]] == 0 for row in rows)
    unknown = set(received) - {row["event_id"] for row in rows}
    came_in = sum(bool(scene.find(admin, meta_id)) for meta_id in leads.values())
    crm_leads = admin("crm.lead", "search_count", [("active", "in", [True, False])])
    counted = report["counted"]
    chats = len(demo_chat.leads(admin))
    in_all = LEADS + 1
    expected = ALL_EVENTS
    figures = (
        f"leads of forms {came_in}/{in_all}, of chats {chats}/1, "
        f"events accepted {counted}/{expected}, "
        f"not counted {len(report['not_counted'])}, "
        f"duplicates {len(report['duplicates'])}, lost {lost}"
    )
    ok = (
        came_in == crm_leads - chats == in_all
        and chats == 1
        and counted == len(rows) == logged == expected
        and not report["not_counted"]
        and not report["duplicates"]
        and not lost
        and not unknown
    )
    if ok:
        return f"demo ok: {figures}", True
    return (
        f"demo FAILED: {figures}; leads in Odoo {crm_leads}, accepted in the rows "
        f"{len(rows)}, in the log {logged}, unknown to Odoo {len(unknown)}",
        False,
    )


def stay(odoo: Any) -> None:
    """Keep Odoo running for the reader until Ctrl-C."""
    print(f"\nOdoo runs at {odoo.url}: login {LOGIN}, password {PASSWORD}")
    print(f"The sales rep: login {scene.REP}, password {scene.REP_PASSWORD}")
    print("Look at CRM > Reporting > Meta sync, and CRM > Configuration > Meta.")
    print(f"{demo_extension.FIRM}: choose this company at the top right.")
    print("Ctrl-C stops everything.", flush=True)
    odoo.process.wait()
