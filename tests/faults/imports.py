"""An import that has a bit of everything, and what must come of it."""

from __future__ import annotations

import base64
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.fake_meta.control import FakeMetaControl

from .forks import Worker
from .house import FORM, PAGE, QUESTIONS, House
from .import_workers import go_on
from .intake import fetch_all
from .verdict import intake_problems

AUTUMN = "220000000000088"
UNKNOWN_FORM = "220000000000077"
COLUMNS = ("id", "created_time", "form_id", "form_name", "full_name", "email")
#: Who filled in one of two forms.
PEOPLE = 19
#: What is special about five of them, amid the others.
SPECIAL = {6: "known", 7: "attach", 8: "ambiguous", 9: "parked", 10: "attach"}
#: A row of a file that cannot be read, one that repeats another, two of a form that is
#: not here.
FILE_COUNTS = {"unreadable_count": 1, "repeated_count": 1, "foreign_count": 2}


@dataclass
class Errand:
    """An import, and what it is to do.

    :param run: its id in Odoo
    :param kinds: the kind of the line of each lead, by Meta's id
    :param known: the lead in Odoo of those that were there before
    :param leads: how many leads were in Odoo before
    """

    run: int
    source: str
    kinds: dict[str, str]
    known: dict[str, int]
    leads: int

    def of_kind(self, *kinds: str) -> list[str]:
        return [meta_id for meta_id, kind in self.kinds.items() if kind in kinds]

    @property
    def counts(self) -> dict[str, int]:
        """What the import shows in the end."""
        lines = Counter(self.kinds.values())
        of_file = FILE_COUNTS if self.source == "file" else {}
        return {
            "found_count": len(self.kinds) + sum(of_file.values()),
            "create_count": lines["create"],
            "attach_count": lines["attach"],
            "ambiguous_count": lines["ambiguous"],
            "healed_count": lines["parked"],
            "known_count": lines["known"],
            "made_count": lines["create"] + lines["parked"],
            "attached_count": lines["attach"],
            "parked_count": lines["ambiguous"],
            **dict.fromkeys(FILE_COUNTS, 0),
            **dict.fromkeys(("join_count", "joined_count", "waiting_count"), 0),
            **of_file,
        }


def prepare(house: House, meta: FakeMetaControl, source: str) -> Errand:
    """A company without any other lead and an import that is to count them."""
    house.open_meta(meta)
    forget(house)
    meta.set_max_page_size(3)
    people = make_people(meta)
    with house.env() as env:
        env["meta.lead.form"].create(
            {
                "name": "Autumn",
                "meta_id": AUTUMN,
                "page_id": house.page,
                "question_ids": [(0, 0, question) for question in QUESTIONS],
            }
        )
        known = _make_known(env, house, people)
        values = {"file": file_of(people)} if source == "file" else {}
        run = env["meta.lead.import"].create(
            {"page_id": house.page, "source": source, **values}
        )
        run.action_count()
        kinds = {
            person["id"]: SPECIAL.get(number, "create")
            for number, person in enumerate(people)
        }
        leads = env["crm.lead"].search_count([])
        return Errand(run.id, source, kinds, known, leads)


def forget(house: House) -> None:
    """No lead, import or form of theirs is left to other tests."""
    house.clear()
    house.query("DELETE FROM meta_lead_import")
    house.query("DELETE FROM ir_attachment WHERE res_model = 'meta.lead.import'")
    house.query("DELETE FROM mail_activity WHERE res_model = 'meta.lead.import'")
    house.query("DELETE FROM meta_lead_form WHERE meta_id != %s", FORM)


def make_people(meta: FakeMetaControl) -> list[dict[str, Any]]:
    """People filled in two forms; the columns of a file of them, the newest first."""
    meta.add_form(AUTUMN, PAGE, "Autumn", QUESTIONS)
    people = []
    for number in range(PEOPLE):
        form, moment = (FORM, AUTUMN)[number % 2], int(time.time()) - 600 - number
        answers = {
            "full_name": f"Person {number}",
            "email": f"person{number}@example.com",
        }
        meta_id = meta.create_lead(form, answers, created_time=moment)
        written = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(moment))
        people.append(
            {"id": meta_id, "created_time": written, "form_id": form, **answers}
        )
    return people


def _make_known(env: Any, house: House, people: list[dict]) -> dict[str, int]:
    """Some are in Odoo already: by a webhook, another tool, unread, by a typed id."""
    by_webhook, by_tool, several, unread, typed = (people[place] for place in SPECIAL)
    emails = [person["email"] for person in (by_webhook, by_tool, several, several)]
    leads = env["crm.lead"].create(
        [
            {"name": "Before", "email_from": email, "company_id": env.company.id}
            for email in (*emails, False)
        ]
    )
    of_page = {
        "company_id": env.company.id,
        "connection_id": house.connection,
        "page_id": house.page,
        "page_meta_id": PAGE,
        "origin": "webhook",
    }
    submissions = env["meta.lead.submission"]
    submissions.create(
        {
            **of_page,
            "meta_id": by_webhook["id"],
            "state": "done",
            "lead_id": leads[0].id,
        }
    )
    parked = submissions.create({**of_page, "meta_id": unread["id"]})
    parked._park("Meta does not show it.", "unreadable")
    leads[4].meta_lead_id = typed["id"]
    return {
        by_webhook["id"]: leads[0].id,
        by_tool["id"]: leads[1].id,
        typed["id"]: leads[4].id,
    }


def file_of(people: list[dict[str, Any]]) -> bytes:
    """The file that Meta gives of them, with rows that are good for nothing."""
    strangers = [
        {**people[0], "id": f"33000000000099{number}", "form_id": UNKNOWN_FORM}
        for number in range(2)
    ]
    rows = [
        *people[:3],
        {**people[0], "id": "3.3E+14"},
        strangers[0],
        *people[3:8],
        people[2],
        *people[8:],
        strangers[1],
    ]
    lines = [",".join(COLUMNS)]
    lines += [",".join(row.get(name, "") for name in COLUMNS) for row in rows]
    return base64.b64encode("\n".join(lines).encode())


def state_of(house: House, errand: Errand) -> str:
    ((state,),) = house.query(
        "SELECT state FROM meta_lead_import WHERE id = %s", errand.run
    )
    return state


def work(house: House) -> None:
    """A process that nothing disturbs goes on with it."""
    with Worker(go_on, house) as worker:
        assert worker.end() == 0


def start(house: House, errand: Errand) -> None:
    """Somebody looked at what was counted and presses the button."""
    with house.env() as env:
        env["meta.lead.import"].browse(errand.run).action_start()


def finish(house: House, errand: Errand) -> list[str]:
    """Let it end undisturbed, and say why it is not what was promised."""
    if state_of(house, errand) == "counting":
        work(house)
    if state_of(house, errand) == "ready":
        start(house, errand)
    work(house)
    return problems(house, errand)


def problems(house: House, errand: Errand) -> list[str]:
    """Why an import was not what was promised; empty when it was.

    Promised is: it comes to its end, each lead comes in once, what was here is left
    alone, and the counts are right.
    """
    # What a dead process stored without making leads of it is the inbox's.
    fetch_all(house)
    new = errand.of_kind("create", "parked")
    rows, raw_leads = house.submissions(), house.raw_leads()
    found = intake_problems(
        [row for row in rows if row["meta_id"] in new],
        new,
        house.count("crm_lead") - errand.leads,
        raw_leads,
    )
    found += [f"lead {key} was reported" for key in set(raw_leads) - set(new)]
    leads = {row["meta_id"]: (row["state"], row["lead_id"]) for row in rows}
    expected = {key: ("done", lead) for key, lead in errand.known.items()}
    expected.update(dict.fromkeys(errand.of_kind("ambiguous"), ("parked", None)))
    found += [
        f"lead {key} is {leads.get(key)}, not {wanted}"
        for key, wanted in expected.items()
        if leads.get(key) != wanted
    ]
    found += [f"lead {key} is nobody's" for key in set(leads) - set(errand.kinds)]
    with house.env() as env:
        run = env["meta.lead.import"].browse(errand.run)
        found += [
            f"{name} is {run[name]}, not {count}"
            for name, count in errand.counts.items()
            if run[name] != count
        ]
        if (run.state, run.reason, run.progress) != ("done", False, 100):
            found.append(f"the import is {run.state} at {run.progress}: {run.reason}")
        lines = {line.key: line.kind for line in run.line_ids}
        found += [
            f"the line of {key} says {lines.get(key)}, not {kind}"
            for key, kind in errand.kinds.items()
            if lines.get(key) != kind
        ]
        if run.file:
            found.append("the file is still here")
        if run.sudo().activity_ids:
            found.append(f"an activity says: {run.activity_ids.mapped('summary')}")
    return found
