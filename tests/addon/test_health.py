"""The health of a connection and a Page: found, told once, and cleared when healed."""

from datetime import timedelta

from odoo.tests import new_test_user
from odoo.tools import mute_logger

from odoo.addons.meta_crm_capi.models import meta_health_plan as plans

from .common import APP, PAGE
from .health import HealthCase
from .way_in import PAGE_TOKEN, SECRET, SYSTEM_TOKEN

MIXIN = "odoo.addons.meta_crm_capi.models.meta_health_mixin"
SCOPES = (
    "leads_retrieval",
    "pages_manage_metadata",
    "pages_read_engagement",
    "pages_manage_ads",
)


class TestWell(HealthCase):
    def test_all_that_is_well_has_a_green_row_that_says_so(self):
        self.come_in()
        said = self.check()
        self.assertEqual(self.not_well(), {})
        self.assertEqual(said["type"], "success")
        self.assertEqual(
            set(self.levels()),
            {
                "token",
                "app_subscription",
                "webhook",
                "graph_version",
                "scheduled_actions",
                "page_token",
                "lead_access",
                "page_subscription",
                "terms",
                "arrivals",
                "catch_up",
            },
        )
        token = self.found("token")
        for fact in ("system user", "never expires", "leads_retrieval"):
            self.assertIn(fact, token.words)
        self.assertEqual(token.checked_at, self.now)
        self.assertEqual(self.connection.health, "ok")
        self.assertEqual(self.page.health, "ok")
        self.assertFalse(self.activities())

    def test_what_has_not_come_yet_cannot_be_told_and_is_no_fault(self):
        self.page.caught_up_at = False
        said = self.check()
        self.assertEqual(
            self.not_well(),
            dict.fromkeys(("webhook", "arrivals", "catch_up"), "inconclusive"),
        )
        self.assertEqual(said["type"], "info")
        self.assertFalse(self.activities())

    def test_a_look_changes_nothing_at_meta(self):
        self.come_in()
        self.meta.clear_scripts()
        before = len(self.meta.requests())
        self.check()
        calls = self.meta.requests()[before:]
        self.assertEqual({call["method"] for call in calls}, {"GET"})

    def test_a_look_that_went_well_is_one_row_of_the_log_for_each_record(self):
        self.check()
        logged = self.log.search([("kind", "=", "check")])
        self.assertEqual(logged.mapped("outcome"), ["accepted", "accepted"])
        self.assertEqual(logged.connection_id, self.connection)

    def test_the_page_has_a_button_of_its_own(self):
        self.check(self.page)
        self.assertEqual(self.findings.search([]).page_id, self.page)
        self.assertIn("terms", self.levels())

    def test_a_connection_that_only_sends_is_asked_for_nothing_else(self):
        self.page.active = False
        self.check()
        self.assertEqual(self.levels(), {"token": "ok", "graph_version": "ok"})

    def test_a_plan_holds_no_cursor_and_shows_no_secret(self):
        for record in (self.connection, self.page):
            plan = record.sudo()._plan_health_check()
            for value in vars(plan).values():
                self.assertFalse(hasattr(value, "env"))
            for secret in (SECRET, SYSTEM_TOKEN, PAGE_TOKEN):
                self.assertNotIn(secret, repr(plan))


class TestToken(HealthCase):
    def test_a_dead_token_makes_one_activity_until_it_works_again(self):
        self.connection.owner_id = self.administrator
        self.meta.revoke_token(SYSTEM_TOKEN)
        for _time in range(2):
            said = self.check()
        self.assertEqual(said["type"], "danger")
        self.assertIn("These need you: Token.", said["message"])
        self.assertEqual(self.found("token").level, "broken")
        self.assertEqual(self.findings.search([])[0], self.found("token"))
        self.assertIn("System users", self.found("token").cure)
        [activity] = self.activities()
        self.assertEqual(activity.user_id, self.administrator)
        self.assertEqual(activity.res_model, "meta.connection")
        self.assertIn("Not valid", activity.note)
        self.meta.renew_token(SYSTEM_TOKEN)
        self.check()
        self.assertEqual(self.found("token").level, "ok")
        self.assertFalse(self.activities())

    def test_an_activity_that_was_done_does_not_come_back_before_it_is_well(self):
        self.meta.revoke_token(SYSTEM_TOKEN)
        self.check()
        self.activities().action_done()
        self.check()
        self.assertFalse(self.activities())
        self.meta.renew_token(SYSTEM_TOKEN)
        self.check()
        self.meta.revoke_token(SYSTEM_TOKEN)
        self.check()
        self.assertEqual(len(self.activities()), 1)

    def test_since_is_when_the_state_changed_and_not_when_it_was_looked_at(self):
        self.check()
        row = self.found("token")
        row.since = since = self.now - timedelta(days=3)
        self.check()
        self.assertEqual(self.found("token").since, since)
        self.meta.revoke_token(SYSTEM_TOKEN)
        self.check()
        self.assertEqual(self.found("token").since, self.now)

    def test_a_token_that_can_send_only_is_no_error(self):
        self.meta.add_token("send-only", "send_only")
        self.connection.access_token = "send-only"
        self.check()
        token = self.found("token")
        self.assertEqual(token.level, "inconclusive")
        self.assertFalse(self.activities())
        self.assertFalse(self.log.search([("outcome", "=", "refuse")]))

    def test_a_token_of_another_app_cannot_be_told_or_is_named(self):
        self.meta.add_app("1000000000000002", "other-secret")
        self.meta.add_token("foreign", "system_user", app_id="1000000000000002")
        self.connection.access_token = "foreign"
        self.check()
        self.assertEqual(self.found("token").level, "broken")
        self.assertIn("another app", self.found("token").words)

    def test_a_missing_permission_is_named(self):
        self.meta.set_scopes(SYSTEM_TOKEN, SCOPES[1:])
        self.check()
        token = self.found("token")
        self.assertEqual(token.level, "broken")
        self.assertIn("leads_retrieval is missing", token.words)

    def test_a_token_that_ends_soon_is_told_before(self):
        soon = self.now + timedelta(days=5)
        self.meta.add_token(
            "ends-soon",
            "system_user",
            app_id=APP,
            page_ids=[PAGE],
            expires_at=int(soon.timestamp()),
        )
        self.connection.access_token = "ends-soon"
        self.check()
        self.assertEqual(self.found("token").level, "attention")
        [activity] = self.activities()
        self.meta.expire_token("ends-soon")
        activity.action_done()
        self.check()
        # It is worse now: that is told again.
        self.assertEqual(self.found("token").level, "broken")
        self.assertEqual(len(self.activities()), 1)

    def test_a_permission_for_other_pages_only_is_told(self):
        self.meta.add_token(
            "granular",
            "system_user",
            app_id=APP,
            page_ids=[PAGE],
            granular={"leads_retrieval": ["110000000000009"]},
        )
        self.connection.access_token = "granular"
        self.check()
        token = self.found("token")
        self.assertEqual(token.level, "attention")
        self.assertIn("not given for: Sunny Roofs", token.words)

    def test_without_any_token_the_pages_that_need_one_are_named(self):
        self.connection.sudo().access_token_stored = False
        self.dataset.access_token = "a-token-of-its-own"
        self.check()
        self.assertEqual(self.found("token").level, "inconclusive")
        self.page.sudo().access_token_stored = False
        said = self.check()
        self.assertEqual(self.found("token").level, "broken")
        self.assertIn("Sunny Roofs", self.found("token").words)
        self.assertEqual(self.found("page_token").level, "broken")
        self.assertEqual(said["type"], "danger")

    def test_a_wrong_app_secret_is_told_and_costs_the_token_nothing(self):
        self.connection.app_secret = "wrong"
        self.check()
        app = self.found("app")
        self.assertEqual(app.level, "broken")
        self.assertIn("app secret", app.cure)
        self.assertEqual(self.found("token").level, "ok")
        self.assertEqual(self.found("app_subscription").level, "inconclusive")
        told = " ".join(self.activities().mapped("summary"))
        self.assertIn("App ID and app secret", told)
        self.assertNotIn("Webhook at Meta", told)

    def test_a_person_s_token_may_be_asked_for_leads_access(self):
        self.meta.add_token("person", "user", app_id=APP, page_ids=[PAGE])
        self.connection.access_token = "person"
        self.come_in()
        self.check()
        self.assertEqual(self.found("token").level, "attention")
        self.assertTrue(self.connection.token_user_id)
        self.assertEqual(self.found("lead_access").level, "ok")
        self.meta.set_lead_access(PAGE, revoked=True)
        self.check()
        access = self.found("lead_access")
        self.assertEqual(access.level, "broken")
        self.assertIn("no access to the leads", access.words)
        self.assertIn("Leads access", access.cure)


class TestSecrets(HealthCase):
    def test_whatever_meta_echoes_no_finding_nor_log_shows_a_secret(self):
        for record, secrets in (
            (self.connection, (SECRET, SYSTEM_TOKEN)),
            (self.page, (SECRET, SYSTEM_TOKEN, PAGE_TOKEN)),
        ):
            self.echo(record, secrets)

    def echo(self, record, secrets):
        echoed = " ".join(secrets)
        access = {"can_access_lead": False, "failure_reason": echoed}
        for answer in (
            {"status": 400, "body": {"error": {"code": 190, "message": echoed}}},
            {
                "status": 200,
                "body": {
                    "data": {"is_valid": False, "error": {"message": echoed}},
                    "has_lead_access": access,
                },
            },
        ):
            self.connection.token_user_id = "7"
            self.meta.clear_scripts()
            self.meta.script("GET *", [{**answer, "times": None}])
            said = [str(self.check(record)), *self.activities().mapped("note")]
            rows = [*self.findings.search([]), *self.log.search([])]
            said += [str(row.read()) for row in rows]
            self.assertIn("***", " ".join(said))
            for secret in secrets:
                self.assertNotIn(secret, " ".join(said))


class TestWebhookAtMeta(HealthCase):
    def test_a_webhook_that_goes_elsewhere_is_told_without_any_address(self):
        self.meta.subscribe_app(APP, "https://other.example.com/hook/private")
        self.check()
        app = self.found("app_subscription")
        self.assertEqual(app.level, "broken")
        self.assertIn("other.example.com", app.words)
        path = self.connection.webhook_path
        for finding in self.findings.search([]):
            for text in (finding.words, finding.cure or ""):
                self.assertNotIn(path, text)
                self.assertNotIn("private", text)
        self.subscribe()
        self.check()
        self.assertEqual(self.found("app_subscription").level, "ok")
        self.assertFalse(self.activities())

    def test_a_replaced_webhook_path_is_noticed(self):
        self.connection.action_renew_webhook_path()
        self.check()
        self.assertIn("path was replaced", self.found("app_subscription").words)

    def test_each_fault_of_the_app_s_webhook_is_told(self):
        for changes, words in (
            ({"active": False}, "switched"),
            ({"fields": ["feed"]}, "leadgen"),
        ):
            with self.subTest(changes=changes):
                self.subscribe(**changes)
                self.check()
                app = self.found("app_subscription")
                self.assertEqual(app.level, "broken")
                self.assertIn(words, app.words)

    def test_without_app_id_or_secret_nothing_is_asked_and_both_are_wanted(self):
        self.connection.app_id = False
        self.check()
        self.assertEqual(self.found("app_subscription").level, "broken")
        self.assertEqual(self.meta.requests("*/subscriptions"), [])


class TestNoAnswer(HealthCase):
    def test_silence_of_meta_s_is_no_fault_and_clears_none(self):
        self.meta.set_terms(PAGE, False)
        self.check()
        self.assertEqual(len(self.activities()), 1)
        self.meta.script("GET *", [{"close_before": True, "times": None}])
        self.check()
        self.check(self.page)
        self.assertNotIn("broken", self.levels().values())
        self.assertEqual(self.found("terms").level, "inconclusive")
        self.assertEqual(len(self.activities()), 1)
        self.meta.clear_scripts()
        self.check()
        self.assertEqual(len(self.activities()), 1)
        self.meta.set_terms(PAGE, True)
        self.check()
        self.assertFalse(self.activities())

    def test_odd_answers_raise_nothing(self):
        for answer in (
            {"status": 200, "html": "<html>"},
            {"status": 200, "raw": "[]"},
            {"status": 200, "raw": '{"data": null}'},
            {"status": 200, "raw": '{"data": {"is_valid": true, "scopes": 7}}'},
            {"status": 200, "raw": '{"data": [null, {"fields": 7}]}'},
            {"status": 500, "empty": True},
        ):
            with self.subTest(answer=answer):
                self.meta.clear_scripts()
                self.meta.script("GET *", [{**answer, "times": None}])
                self.check()
                self.assertTrue(self.levels())


class TestCron(HealthCase):
    def test_the_cron_looks_at_every_connection_and_page_that_is_due(self):
        self.run_cron()
        self.assertEqual(self.found("token").level, "ok")
        self.assertEqual(self.found("terms").level, "ok")
        asked = len(self.meta.requests())
        with self.enter_registry_test_mode():
            self.health_cron.method_direct_trigger()
        self.assertEqual(len(self.meta.requests()), asked)

    def test_no_transaction_is_open_while_meta_is_asked(self):
        done = []
        commit = type(self.env["ir.cron"])._commit_progress
        ask = plans.Plan.ask

        def note_commit(crons, *args, **options):
            done.append("commit")
            return commit(crons, *args, **options)

        def note_ask(plan):
            queries = self.env.cr.sql_log_count
            ask(plan)
            done.append(f"ask with {self.env.cr.sql_log_count - queries} queries")

        self.patch(self.registry["ir.cron"], "_commit_progress", note_commit)
        self.patch(plans.Plan, "ask", note_ask)
        self.run_cron()
        asked = [place for place, name in enumerate(done) if "ask" in name]
        self.assertEqual(len(asked), 2)
        for place in asked:
            self.assertEqual(
                done[place - 1 : place + 2], ["commit", "ask with 0 queries", "commit"]
            )

    def test_whom_meta_does_not_answer_the_others_are_not_asked_for(self):
        self.meta.script("*", [{"close_before": True, "times": None}])
        self.run_cron()
        self.assertEqual(len(self.meta.requests()), 1)

    def test_one_that_fails_costs_the_others_nothing_and_the_cron_never_raises(self):
        def fail(plan):
            raise ZeroDivisionError

        self.patch(plans.ConnectionPlan, "_ask", fail)
        with mute_logger(MIXIN):
            self.run_cron()
        self.assertEqual(self.found("terms").level, "ok")
        self.assertFalse(self.findings.search([("kind", "=", "token")]))

    def test_an_unusable_address_is_a_finding_and_stops_no_cron(self):
        self.env["ir.config_parameter"].set_param(
            "meta_crm_capi.graph_url", "http://graph.example.com"
        )
        self.run_cron()
        self.assertEqual(self.found("token").level, "inconclusive")
        self.assertIn("graph_url", self.found("token").words)
        self.assertEqual(self.found("terms").level, "inconclusive")

    def test_what_is_archived_is_not_looked_at_and_its_findings_go(self):
        self.meta.set_terms(PAGE, False)
        self.check()
        self.assertEqual(len(self.activities()), 1)
        self.page.active = False
        self.assertFalse(self.findings.search([("page_id", "!=", False)]))
        self.assertFalse(self.activities())
        self.run_cron()
        self.assertFalse(self.findings.search([("page_id", "!=", False)]))

    def test_a_page_that_goes_to_another_connection_is_looked_at_anew(self):
        self.check()
        other = self.connection.copy({"name": "Other"})
        self.page.connection_id = other
        self.assertFalse(self.findings.search([("page_id", "!=", False)]))


class TestPeople(HealthCase):
    def test_a_meta_user_reads_findings_and_opens_what_they_are_about(self):
        self.check()
        reader = new_test_user(
            self.env, "reader", groups="meta_crm_capi.group_meta_user"
        )
        for kind, record in (("terms", self.page), ("token", self.connection)):
            finding = self.found(kind).with_user(reader)
            action = finding.action_open()
            self.assertEqual(
                (action["res_model"], action["res_id"]), (record._name, record.id)
            )
            self.assertTrue(finding.display_name)
        self.assertTrue(self.connection.with_user(reader).health)
