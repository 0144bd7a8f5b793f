"""Many leads at once, and more than one lane."""

from unittest.mock import patch

from odoo.tools import SQL

from odoo.addons.meta_crm_capi.protocol import batch

from .delivery import DeliveryCase

LEADS = 1000
IN_A_REQUEST = 100


class TestMassMove(DeliveryCase):
    def make_leads(self, number):
        """So many leads of Meta's whose raw leads are out of the way."""
        self.env = self.env(context={**self.env.context, "tracking_disable": True})
        leads = self.env["crm.lead"].create(
            [
                {
                    "name": f"Lead {number}",
                    "type": "opportunity",
                    "team_id": self.team.id,
                    "user_id": self.rep.id,
                    "company_id": self.company.id,
                    "email_from": f"person{number}@example.com",
                }
                for number in range(number)
            ]
        )
        first = self.make_submission(str(10**15), leads[0])
        self.env["meta.lead.submission"].create(
            [
                {**values, "meta_id": str(10**15 + place), "lead_id": lead.id}
                for place, (lead, values) in enumerate(
                    zip(leads[1:], first.copy_data() * (number - 1), strict=True), 1
                )
            ]
        )
        self.flush()
        return leads

    def statements(self):
        """Patch that collects the SQL of this cursor."""
        seen = self.seen = []
        cursor = type(self.env.cr)
        execute = cursor.execute

        def wrapper(cr, query, *args, **options):
            code = query.code if isinstance(query, SQL) else query
            seen.append(" ".join(code.split()))
            return execute(cr, query, *args, **options)

        return patch.object(cursor, "execute", wrapper)

    def test_a_mass_move_is_one_insert_and_few_requests(self):
        self.dataset.fill_skipped_steps = False
        leads = self.make_leads(LEADS)
        leads.write({"stage_id": self.qualified.id})
        self.env["meta.capi.rule"].sudo()._get_funnels()
        self.env.flush_all()
        self.env.invalidate_all()
        with self.statements():
            self.flush()
        inserts = [text for text in self.seen if text.startswith("INSERT INTO meta_")]
        self.assertEqual(len(inserts), 1)
        self.assertLess(len(self.seen), 15, [text[:60] for text in self.seen])
        self.assertEqual(self.states, ["queued"] * LEADS)
        with patch.object(batch, "MAX_EVENTS", IN_A_REQUEST):
            self.deliver()
        self.assertEqual(self.states, ["accepted"] * LEADS)
        self.assertEqual(len(self.posts()), LEADS // IN_A_REQUEST)
        self.assertEqual(len({event["event_id"] for event in self.received()}), LEADS)


class TestLanes(DeliveryCase):
    def run_lane(self, lane):
        self.flush()
        with self.enter_registry_test_mode():
            lane.method_direct_trigger()

    def test_a_duplicated_action_is_a_lane_that_sends_too(self):
        lane = self.cron.copy()
        self.assertTrue(lane.active)
        self.make_known_leads(2)
        self.run_lane(lane)
        self.assertEqual(self.states, ["accepted"] * 2)

    def test_two_lanes_send_each_event_once(self):
        lane = self.cron.copy()
        self.make_known_leads(4)
        self.dataset.batch_size = 2
        entered = []

        def other_lane(env):
            """The other lane runs while this one waits for its first answer's end."""
            if not entered:
                entered.append(True)
                lane.with_env(env).method_direct_trigger()

        self.before("_apply_result", other_lane)
        self.run_lane(self.cron)
        self.run_lane(lane)
        self.assertTrue(entered)
        self.assertEqual(self.states, ["accepted"] * 4)
        self.assertEqual(self.meta.report()["duplicates"], [])
        self.assertEqual(len(self.received()), 4)
