"""Whatever there is, the causes of a difference add up to it, and no lead is in two."""

import random
from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .reconciling import MONTH, ReconciliationCase

STATES = ("received", "done", "parked", "ignored", "erased")
CAUSES = ("unknown_page", "refused", None)
EVENTS = ("queued", "accepted", "refused", "expired", "cancelled", "not_sent")
REASONS = (None, "Cancelled by Ana.", "No rule for this step.", "Never heard\nof it")


class TestReconciliationAddsUp(ReconciliationCase):
    def draw(self, chance, number, forms):
        """A submission as no way in would make it, with events of all kinds."""
        state = chance.choice(STATES)
        form = chance.choice(forms)
        lead = self.env["crm.lead"]
        if state == "done" and chance.random() < 0.8:
            lead = chance.choice(self.leads)
        row = self.make_submission(
            str(10**16 + number),
            lead,
            state=state,
            form_id=form.id,
            form_meta_id=form.meta_id,
            page_id=form.page_id.id,
            parked_cause=chance.choice(CAUSES) if state == "parked" else False,
            is_test=chance.random() < 0.2,
            is_attached=chance.random() < 0.2,
            submitted_at=self.now - timedelta(hours=chance.randint(0, 40 * 24)),
        )
        for _event in range(chance.choice((0, 1, 1, 2))):
            event_state = chance.choice(EVENTS)
            self.env["meta.capi.event"].create(
                {
                    "dataset_id": self.dataset.id,
                    "submission_id": row.id,
                    "lead_id": lead.id,
                    "company_id": self.company.id,
                    "step": chance.choice(("raw_lead", "raw_lead", "lost")),
                    "entry": _event,
                    "event_name": "initial_lead",
                    "event_time": self.now - timedelta(days=chance.randint(0, 9)),
                    "state": event_state,
                    "code": chance.choice((0, 100, 190)),
                    "reason": chance.choice(REASONS),
                }
            )
        return row

    def draw_all(self, seed):
        chance = random.Random(seed)
        forms = [self.form, self.add_form(str(220000000000100 + seed))]
        forms.append(self.env["meta.lead.form"])
        self.leads = [self.make_foreign_lead() for _lead in range(12)]
        rows = [self.draw(chance, seed * 1000 + number, forms) for number in range(60)]
        for form in forms[: chance.randint(0, 2)]:
            count = self.env["meta.lead.count"].create(
                {
                    "form_id": form.id,
                    "since": self.now - timedelta(days=41),
                    "started_at": self.now - timedelta(hours=chance.randint(0, 48)),
                    "state": "done",
                }
            )
            # Each lead is of one form; that of some is not known here.
            known = [row for row in rows if chance.random() < 0.6]
            unknown = [row for row in known if not row.form_id]
            rows = [row for row in rows if row not in unknown]
            count._list(
                {
                    row.meta_id: int(row.submitted_at.timestamp())
                    for row in known
                    if row.form_id == form or row in unknown
                }
                | {str(2 * 10**16 + seed * 10 + form.id): None}
            )
        return forms

    def test_each_number_follows_from_the_one_before(self):
        for seed in range(1, 9):
            with self.subTest(seed=seed):
                forms = self.draw_all(seed)
                for asked in (MONTH, {"days": 7}, {"days": 90}):
                    found = self.look(asked)
                    self.assert_adds_up(found)
                    self.assert_rows_make_the_total(found)
                    self.assert_lists_are_what_is_counted(found, asked)
                self.assert_adds_up(self.look({**MONTH, "form_id": forms[0].id}))

    def assert_rows_make_the_total(self, found):
        for name in ("submissions", "leads", "accepted"):
            self.assertEqual(
                found["total"]["numbers"][name],
                sum(row["numbers"][name] for row in found["rows"]),
            )

    def assert_lists_are_what_is_counted(self, found, asked):
        """A click opens so many records as the number says, and none is in two."""
        for gap, causes in enumerate(found["total"]["gaps"]):
            seen = {}
            for cause in causes:
                action = self.screen().open_cause(
                    asked, gap, cause["sign"], cause["key"]
                )
                ((_id, _in, ids),) = action["domain"]
                self.assertEqual(len(ids), cause["count"], (gap, cause))
                self.assertEqual(len(set(ids)), len(ids))
                key = action["res_model"], cause["sign"]
                self.assertFalse(seen.get(key, set()) & set(ids), cause)
                seen.setdefault(key, set()).update(ids)
        numbers = found["total"]["numbers"]
        for name in ("listed", "submissions", "leads", "accepted"):
            action = self.screen().open_number(asked, name)
            ((_id, _in, ids),) = action["domain"]
            self.assertEqual(len(set(ids)), numbers[name] or 0, name)


class TestReconciliationSecurity(ReconciliationCase):
    def setUp(self):
        super().setUp()
        self.other = self.env["res.company"].create({"name": "Other company"})
        self.stranger = new_test_user(
            self.env,
            "meta-stranger",
            groups="meta_crm_capi.group_meta_administrator",
            company_id=self.other.id,
            company_ids=[(6, 0, self.other.ids)],
        )

    def test_another_company_sees_nothing_and_counts_nothing(self):
        self.come_from_meta()
        self.at_meta()
        self.count()
        stranger = {"user": self.stranger, "companies": self.other}
        for asked in (MONTH, {**MONTH, "form_id": self.form.id}):
            found = self.look(asked, **stranger)
            self.assertEqual(found["rows"], [])
            self.assertEqual(found["choices"], [])
            self.assertEqual(self.numbers(asked, **stranger), [None, 0, 0, 0])

        screen = self.screen(**stranger)
        asked = {**MONTH, "form_id": self.form.id}
        screen.count_at_meta(asked)
        self.assertEqual(len(self.env["meta.lead.count"].search([])), 1)
        action = screen.open_cause(asked, 0, -1, "missing")
        self.assertEqual(action["domain"], [("id", "in", [])])
        mine = self.env["meta.lead.listed"].with_user(self.stranger).search([])
        self.assertFalse(mine)

    def test_a_lead_that_another_company_has_is_not_fetched_again(self):
        meta_id = self.at_meta()
        lead = self.make_foreign_lead()
        self.make_submission(meta_id, lead, company_id=self.other.id, form_id=False)
        self.count()

        self.assertEqual(self.causes()[0, "elsewhere"], -1)
        self.assertEqual(self.numbers(), [1, 0, 0, 0])

    def test_a_rep_may_not_look(self):
        with self.assertRaises(AccessError):
            self.look(user=self.rep)
        with self.assertRaises(AccessError):
            self.screen(self.rep).open_number(MONTH, "submissions")

    def test_a_marketer_may_not_heal(self):
        self.at_meta()
        self.count()
        with self.assertRaises(AccessError):
            self.screen().heal(MONTH, 0, -1, "missing", "fetch")

    def test_what_is_no_button_number_or_cause_does_nothing(self):
        self.at_meta()
        self.count()
        screen = self.screen(self.administrator)
        for name in ("unlink", "", "notify", "_fetch"):
            with self.assertRaises(UserError):
                screen.heal(MONTH, 0, -1, "missing", name)
        with self.assertRaises(UserError):
            screen.open_number(MONTH, "id; DROP TABLE")
        action = screen.open_cause(MONTH, 7, 1, "missing' OR TRUE --")
        self.assertEqual(action["domain"], [("id", "in", [])])
