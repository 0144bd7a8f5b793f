"""A Page's health: its subscription is mended, its leads go on when they can be."""

from datetime import timedelta

from odoo.addons.meta_crm_capi.models.meta_lead_page import RECONNECT

from .common import APP, PAGE
from .health import HealthCase
from .way_in import PAGE_TOKEN, QUESTIONS, SYSTEM_TOKEN

LOST = "Meta had lost it"
NEW_FORM = "220000000000003"


class TestSubscription(HealthCase):
    def lose(self, *left):
        """Meta forgets our field, or the app altogether."""
        self.meta.unsubscribe_page(PAGE, APP)
        if left:
            self.meta.subscribe_page(PAGE, APP, left)

    def test_a_lost_subscription_is_renewed_and_said_so(self):
        self.lose()
        self.check()
        self.assertEqual(self.meta.page_subscriptions(PAGE), {APP: ["leadgen"]})
        finding = self.found("page_subscription")
        self.assertEqual(finding.level, "ok")
        self.assertIn(LOST, finding.words)
        self.assertTrue(self.page.subscribed)
        self.assertEqual(self.page.resubscribed_at, self.now)
        self.assertIn("subscribed again", self.page.message_ids[0].body)
        self.assertFalse(self.activities())

    def test_the_other_fields_survive(self):
        self.lose("feed", "messages")
        self.check()
        self.assertEqual(
            self.meta.page_subscriptions(PAGE), {APP: ["feed", "messages", "leadgen"]}
        )

    def test_it_stays_lost_where_a_person_wants_it_so(self):
        self.page.keep_subscribed = False
        self.lose("feed")
        self.check()
        self.assertEqual(self.meta.page_subscriptions(PAGE), {APP: ["feed"]})
        self.assertEqual(self.found("page_subscription").level, "broken")
        self.assertFalse(self.page.subscribed)
        self.assertEqual(len(self.activities()), 1)
        self.page.action_subscribe()
        self.check()
        self.assertEqual(self.found("page_subscription").level, "ok")
        self.assertFalse(self.activities())

    def test_the_catch_up_does_not_renew_it_either(self):
        self.page.keep_subscribed = False
        _page_id, _app_id, graph = self.page.sudo()._prepare_mending()
        self.assertIsNone(graph)

    def test_what_nobody_ever_subscribed_is_not_subscribed_by_itself(self):
        self.page.subscribed = False
        self.lose()
        self.check()
        self.assertEqual(self.meta.page_subscriptions(PAGE), {})
        self.assertEqual(self.found("page_subscription").level, "attention")

    def test_what_a_person_took_off_is_not_put_back(self):
        self.meta.script_named("scope_missing", "POST */subscribed_apps", times=1)
        self.lose()
        self.check()
        self.assertTrue(self.page.subscription_lost)
        self.page.subscribed = False
        self.check()
        self.assertEqual(self.meta.page_subscriptions(PAGE), {})

    def test_a_subscription_that_odoo_did_not_know_of_is_noted(self):
        self.page.subscribed = False
        self.check()
        self.assertTrue(self.page.subscribed)

    def test_what_could_not_be_renewed_is_told_and_tried_again(self):
        self.lose()
        self.meta.script_named("scope_missing", "POST */subscribed_apps", times=1)
        self.check()
        finding = self.found("page_subscription")
        self.assertEqual(finding.level, "broken")
        self.assertIn("could not renew", finding.words)
        self.assertFalse(self.page.subscribed)
        self.assertEqual(len(self.activities()), 1)
        self.check()
        self.assertEqual(self.found("page_subscription").level, "ok")
        self.assertTrue(self.page.subscribed)
        self.assertFalse(self.activities())


class TestReading(HealthCase):
    """What stops a Page, and what lets it go on without a button."""

    def test_leads_access_that_was_given_back_lets_everything_in_by_itself(self):
        self.meta.set_lead_access(PAGE, revoked=True)
        row = self.come_in()
        self.assertEqual((row.state, self.page.state), ("received", "reconnect"))
        self.run_cron()
        access = self.found("lead_access")
        self.assertEqual(access.level, "broken")
        self.assertIn("Leads access", access.cure)
        # One activity for one trouble, whoever found it.
        self.assertEqual(self.activities().mapped("meta_alarm"), [RECONNECT])
        self.meta.set_lead_access(PAGE, revoked=False)
        self.run_cron()
        self.assertEqual(self.found("lead_access").level, "ok")
        self.assertEqual(self.page.state, "connected")
        self.assertFalse(self.activities())
        self.fetch()
        self.assertEqual(row.state, "done")

    def test_a_look_stops_the_page_before_a_lead_has_to(self):
        self.meta.set_lead_access(PAGE, revoked=True)
        self.check()
        self.assertEqual(self.page.state, "reconnect")
        self.assertEqual(self.activities().mapped("meta_alarm"), [RECONNECT])
        self.check()
        self.assertEqual(len(self.activities()), 1)

    def test_a_permission_that_is_missing_stops_and_a_new_one_goes_on(self):
        self.page.sudo().access_token_stored = False
        self.meta.set_scopes(SYSTEM_TOKEN, ["pages_read_engagement"])
        row = self.come_in()
        self.assertEqual(self.page.state, "reconnect")
        self.meta.set_scopes(
            SYSTEM_TOKEN,
            ["pages_read_engagement", "leads_retrieval", "pages_manage_metadata"],
        )
        self.run_cron()
        self.assertEqual(self.page.state, "connected")
        self.fetch()
        self.assertEqual(row.state, "done")

    def test_a_dead_page_token_is_derived_anew_and_kept(self):
        self.meta.revoke_token(PAGE_TOKEN)
        self.check()
        self.assertEqual(self.found("page_token").level, "ok")
        kept = self.page.sudo()._get_secret("access_token")
        self.assertNotEqual(kept, PAGE_TOKEN)
        self.assertTrue(kept)

    def test_one_dead_token_of_the_connection_is_one_activity(self):
        self.meta.revoke_token(SYSTEM_TOKEN)
        self.meta.revoke_token(PAGE_TOKEN)
        self.check()
        self.assertEqual(self.found("page_token").level, "broken")
        self.assertEqual(len(self.activities()), 1)
        self.assertEqual(self.page.state, "connected")

    def test_a_page_that_is_not_assigned_to_the_token_is_told(self):
        self.meta.add_token("bare", "system_user", app_id=APP)
        self.connection.access_token = "bare"
        self.page.sudo().access_token_stored = False
        self.check()
        self.assertEqual(self.found("page_token").level, "broken")
        self.assertEqual(self.found("lead_access").level, "inconclusive")
        self.assertEqual(len(self.activities()), 1)

    def test_a_lead_that_is_gone_tells_nothing_of_the_page(self):
        meta_id = self.fill_in()
        self.announce(meta_id)
        self.meta.delete_lead(meta_id)
        self.page._set_reconnect("Something was wrong.")
        self.check()
        self.assertEqual(self.found("lead_access").level, "ok")
        self.assertEqual(self.page.state, "connected")

    def test_nothing_to_try_leaves_it_open(self):
        self.form.sudo().unlink()
        self.check()
        self.assertEqual(self.found("lead_access").level, "inconclusive")

    def test_a_throttle_rests_the_page_and_a_resting_page_is_not_asked(self):
        self.meta.script_named("throttle_leads", "GET */leads", times=None)
        self.check()
        self.assertTrue(self.page.resume_at)
        self.assertEqual(self.found("lead_access").level, "inconclusive")
        asked = len(self.meta.requests())
        self.check(self.page)
        self.assertEqual(len(self.meta.requests()), asked)
        self.assertIn("rest", self.found("terms").words)
        self.assertFalse(self.activities())

    def test_terms_that_nobody_accepted_are_told_with_the_place_to_click(self):
        self.meta.set_terms(PAGE, False)
        self.check()
        terms = self.found("terms")
        self.assertEqual(terms.level, "broken")
        self.assertIn("instant form", terms.cure)
        [activity] = self.activities()
        self.assertIn("Lead Ads Terms", activity.summary)
        self.meta.set_terms(PAGE, True)
        self.check()
        self.assertFalse(self.activities())


class TestArrivals(HealthCase):
    """Silence that the Page's own rhythm does not explain."""

    def have(self, *moments, origin="webhook"):
        """Webhooks of this Page at these moments."""
        first = 4_000_000_000_000_000 + self.submissions.search_count([])
        rows = self.submissions.create(
            [
                {
                    "meta_id": str(first + number),
                    "connection_id": self.connection.id,
                    "company_id": self.company.id,
                    "page_meta_id": PAGE,
                    "page_id": self.page.id,
                    "origin": origin,
                    "state": "done",
                }
                for number in range(len(moments))
            ]
        )
        self.env.flush_all()
        for row, moment in zip(rows, moments, strict=True):
            self.env.cr.execute(
                "UPDATE meta_lead_submission SET create_date = %s WHERE id = %s",
                [moment, row.id],
            )

    def workdays(self, quiet):
        """Leads of eight weeks, Monday to Friday, up to so long ago."""
        start = (self.now - timedelta(weeks=8)).replace(minute=0, second=0)
        moments = [start + timedelta(hours=hour) for hour in range(8 * 7 * 24)]
        return [
            moment
            for moment in moments
            if moment.weekday() < 5
            and 8 <= moment.hour < 18
            and moment < self.now - quiet
        ]

    def test_a_silence_that_the_rhythm_does_not_explain_is_told_once(self):
        self.have(*self.workdays(timedelta(days=8)))
        for _time in range(2):
            self.check()
        arrivals = self.found("arrivals")
        self.assertEqual(arrivals.level, "attention")
        self.assertIn("rhythm", arrivals.words)
        self.assertIn("Testing Tool", arrivals.cure)
        self.assertEqual(len(self.activities()), 1)
        self.announce(self.fill_in())
        self.check()
        self.assertEqual(self.found("arrivals").level, "ok")
        self.assertFalse(self.activities())

    def test_what_catch_up_found_is_no_webhook(self):
        self.have(*self.workdays(timedelta(days=8)))
        self.have(self.now - timedelta(hours=1), origin="catch_up")
        self.check()
        self.assertEqual(self.found("arrivals").level, "attention")

    def test_a_silence_as_ever_is_no_finding(self):
        # Never longer than a weekend and a day.
        self.have(*self.workdays(timedelta(hours=12)))
        self.check()
        self.assertEqual(self.found("arrivals").level, "ok")
        self.assertFalse(self.activities())

    def test_a_long_silence_shortens_no_history(self):
        past = [
            moment - timedelta(weeks=20) for moment in self.workdays(timedelta(hours=1))
        ]
        self.have(*past)
        self.check()
        self.assertEqual(self.found("arrivals").level, "attention")

    def test_a_young_page_is_not_suspected(self):
        self.have(*(self.now - timedelta(days=day) for day in range(10, 18)))
        self.check()
        self.assertEqual(self.found("arrivals").level, "ok")

    def test_a_page_that_is_not_subscribed_has_its_explanation(self):
        self.page.keep_subscribed = False
        self.meta.unsubscribe_page(PAGE, APP)
        self.have(*self.workdays(timedelta(days=8)))
        self.check()
        self.assertEqual(self.found("arrivals").level, "inconclusive")
        self.assertEqual(len(self.activities()), 1)


class TestCatchUp(HealthCase):
    def level(self):
        self.check()
        return self.found("catch_up").level

    def test_the_last_one_is_told(self):
        self.assertEqual(self.level(), "ok")
        self.assertIn(str(self.now), self.found("catch_up").words)

    def test_one_that_is_switched_off_cannot_be_told(self):
        self.page.catch_up_interval = 0
        self.assertEqual(self.level(), "inconclusive")

    def test_its_trouble_is_shown_and_its_activity_is_its_own(self):
        self.page.catch_up_trouble = "Meta refuses the list."
        self.assertEqual(self.level(), "attention")
        self.assertIn("Meta refuses the list.", self.found("catch_up").words)
        self.assertFalse(self.activities())

    def test_leads_that_the_webhook_missed_are_told(self):
        row = self.make_submission("10000000000000091")
        row.came_late = True
        self.assertEqual(self.level(), "attention")
        self.assertIn("Late leads of the last 7 days: 1", self.found("catch_up").words)
        row.came_late = False
        self.assertEqual(self.level(), "ok")


class TestForms(HealthCase):
    def test_a_form_that_meta_does_not_show_is_told_until_it_is_known(self):
        self.meta.add_form(NEW_FORM, PAGE, "Autumn offer", QUESTIONS)
        self.meta.script_named("scope_missing", f"GET /{NEW_FORM}", times=1)
        meta_id = self.meta.create_lead(NEW_FORM, {"full_name": "Ana"})
        row = self.announce(meta_id, form_id=NEW_FORM)
        self.fetch()
        self.assertEqual((row.state, row.form_id.id), ("done", False))
        self.check()
        finding = self.found("forms")
        self.assertEqual(finding.level, "attention")
        self.assertIn(NEW_FORM, finding.words)
        self.assertEqual(len(self.activities()), 1)
        self.page.action_load_forms()
        self.check()
        self.assertNotIn("forms", self.levels())
        self.assertFalse(self.activities())
