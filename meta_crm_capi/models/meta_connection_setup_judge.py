from odoo import api, models

from ..protocol import health, health_page
from ..protocol import words as english
from .meta_connection_setup import STEPS
from .meta_lead_page import RECONNECT
from .words import show

#: Nobody has done it yet; worse than what cannot be told, and no fault.
TO_DO = "to_do"
DONE = "done"
#: From the best to the worst: a step is as its worst row.
LEVELS = (health.OK, health.INCONCLUSIVE, health.ATTENTION, TO_DO, health.BROKEN)

#: What of a look belongs to which step.
OF_CONNECT = ("app", "token", "graph_version", "scheduled_actions")
OF_PAGE = (
    "app_subscription",
    "refused",
    "unknown_pages",
    "page_token",
    "page_subscription",
    "terms",
)
OF_FORM = ("lead_access",)
OF_TEST = ("webhook", "acceptance")

CREATE_FORM = english._lt(
    "Meta Business Suite > All tools > Instant forms > Create form, for this Page."
)
TESTING_TOOL = english._lt(
    "Lead Ads Testing Tool (developers.facebook.com/tools/lead-ads-testing):"
    " choose the Page and a form, then “Create lead”. It comes in within about a"
    " minute."
)


class MetaConnection(models.Model):
    """What each step of the setup assistant is like now: rows with words and cures."""

    _inherit = "meta.connection"

    @api.depends(
        "setup_step",
        "app_id",
        "health_checked_at",
        "health_finding_ids.level",
        "page_ids.subscribed",
        "page_ids.state",
        "page_ids.form_ids.needs_mapping",
        "dataset_ids.state",
        "dataset_ids.check_level",
        "dataset_ids.test_level",
        "dataset_ids.rule_ids.active",
    )
    @api.depends_context("tz", "lang", "uid")
    def _compute_setup_steps(self):
        for connection in self:
            # Secrets, stamps and findings are not for everybody; what they mean is.
            steps = connection.sudo()._judge_setup()
            connection.setup_steps = steps
            of_step = {step["key"]: step["state"] for step in steps}
            connection.setup_state = of_step.get(connection.setup_step)
            connection.setup_is_done = set(of_step.values()) == {DONE}

    def _get_next_setup_step(self):
        """The first step that is not done; the last one when all are."""
        self.ensure_one()
        for step in self.setup_steps:
            if step["state"] != DONE:
                return step["key"]
        return STEPS[-1][0]

    def _judge_setup(self):
        """Each step with its state and rows.

        :rtype: list[dict]
        """
        self.ensure_one()
        labels = dict(self._fields["setup_step"]._description_selection(self.env))
        steps = []
        for key, _name in STEPS:
            rows = getattr(self, f"_judge_setup_{key}")()
            worst = max((row["level"] for row in rows), key=LEVELS.index, default=TO_DO)
            steps.append(
                {
                    "key": key,
                    "name": labels[key],
                    "state": DONE if worst == health.OK else worst,
                    "rows": rows,
                }
            )
        return steps

    @api.model
    def _row(self, what, level, words, cure=""):
        return {
            "what": what,
            "level": level,
            "words": show(self.env, words),
            "cure": show(self.env, cure) or "",
        }

    def _get_finding_rows(self, kinds, page=None, what=None):
        """Rows of what the last look found, of the connection or one of its Pages."""
        owner = page or self.env["meta.lead.page"]
        return [
            self._row(
                what or finding.display_name,
                finding.level,
                finding.words or "",
                finding.cure,
            )
            for finding in self.health_finding_ids.sorted("sequence")
            if finding.page_id == owner and finding.kind in kinds
        ]

    # --- the steps --------------------------------------------------------

    def _judge_setup_connect(self):
        env = self.env
        only_sends = self._only_sends()
        if only_sends:
            words = env._(
                "Each dataset has a token of its own, and no Page is connected: Odoo "
                "sends events and takes no lead in."
            )
            return [self._row(env._("App"), health.OK, words)]
        given = [
            (
                self.app_id,
                env._("App ID"),
                env._(
                    "Meta for Developers > My apps > your app > App settings > Basic."
                ),
            ),
            (
                self.has_app_secret,
                env._("App secret"),
                env._(
                    "Meta for Developers > My apps > your app > App settings > Basic > "
                    "App secret > Show."
                ),
            ),
            (
                self.has_access_token,
                env._("Token"),
                self._describe_token_source(),
            ),
        ]
        rows = [
            self._row(what, TO_DO, env._("Not entered yet."), cure)
            for is_given, what, cure in given
            if not is_given
        ]
        if not rows and not self.health_checked_at:
            rows = [self._row_unlooked(env._("Token"))]
        elif not rows:
            rows = self._get_finding_rows(OF_CONNECT)
        crons = self._judge_crons()
        if crons.level != health.OK and not any(
            row["words"] == show(self.env, crons.words) for row in rows
        ):
            what = env._("Scheduled actions")
            rows.append(self._row(what, crons.level, crons.words, crons.cure))
        return rows

    def _describe_token_source(self):
        """Where a person gets the token from that is not there yet."""
        return self.env._(
            "Meta Business settings > Users > System users > Generate token."
        )

    def _only_sends(self):
        """Whether nothing but datasets with tokens of their own is wanted."""
        return bool(
            not self.page_ids
            and not self.has_access_token
            and self.dataset_ids
            and all(dataset.has_access_token for dataset in self.dataset_ids)
        )

    def _row_unlooked(self, what):
        words = self.env._("Not looked at since it was entered.")
        return self._row(what, TO_DO, words, self.env._("Press “Check now”."))

    def _judge_setup_page(self):
        env = self.env
        if not self.page_ids:
            if self._only_sends():
                words = env._("None. Sending events needs none.")
                return [self._row(env._("Pages"), health.OK, words)]
            words = env._("No Page is here yet.")
            cure = env._("Press “Load Pages”, or add one by its ID.")
            return [self._row(env._("Pages"), TO_DO, words, cure)]
        rows = self._get_finding_rows(OF_PAGE)
        if self._lacks_webhook_look():
            rows.append(self._row_unlooked(env._("Webhook at Meta")))
        for page in self.page_ids:
            if not page.health_checked_at:
                rows.append(self._row_unlooked(page.name))
                continue
            found = self._get_finding_rows(OF_PAGE, page)
            bad = [row for row in found if row["level"] != health.OK]
            if page.state == RECONNECT and not bad:
                # What came in since the last look knows better.
                cure = env._("Mend the cause, then press “Check now”.")
                rows.append(self._row(page.name, health.BROKEN, page.trouble, cure))
                continue
            for row in bad:
                if row["cure"] == show(env, health_page.SUBSCRIBE_PAGE):
                    row["cure"] = env._("Press “Subscribe to leads”.")
                row["what"] = f"{page.name}: {row['what']}"
            if not bad:
                words = " ".join(row["words"] for row in found)
                bad = [self._row(page.name, health.OK, words)]
            rows += bad
        return rows

    def _judge_setup_form(self):
        env = self.env
        if not self.page_ids:
            if self._only_sends():
                words = env._("None. Sending events needs none.")
                return [self._row(env._("Forms"), health.OK, words)]
            words = env._("Forms belong to a Page, and no Page is here yet.")
            return [self._row(env._("Forms"), TO_DO, words)]
        rows = []
        for page in self.page_ids:
            forms = page.form_ids
            to_map = forms.filtered("needs_mapping")
            if not forms and not page.forms_read_at:
                words = env._("Its forms have not been read yet.")
                cure = env._("Press “Load forms”.")
                row = self._row(page.name, TO_DO, words, cure)
            elif not forms:
                words = env._("Meta lists no form of this Page.")
                row = self._row(page.name, health.ATTENTION, words, CREATE_FORM)
            elif to_map:
                names = ", ".join(to_map[:5].mapped("name"))
                words = env._(
                    "Nobody has looked yet where the answers of these go: %s. Their "
                    "leads come in meanwhile with the fields that Odoo suggests.",
                    names,
                )
                cure = env._("Open the form, then press “Mapping is right”.")
                row = self._row(page.name, health.ATTENTION, words, cure)
            else:
                words = env._("Forms whose answers are mapped: %s.", len(forms))
                row = self._row(page.name, health.OK, words)
            rows.append(row)
            access = self._get_finding_rows(OF_FORM, page)
            rows += [row for row in access if row["level"] != health.OK]
        return rows

    def _judge_setup_dataset(self):
        env = self.env
        if not self.dataset_ids:
            words = env._("No dataset is here yet.")
            cure = env._("Press “Add a line” and enter its ID.")
            return [self._row(env._("Dataset"), TO_DO, words, cure)]
        return [self._judge_dataset(dataset) for dataset in self.dataset_ids]

    def _judge_dataset(self, dataset):
        env = self.env
        if dataset.state == "paused":
            words = env._("Paused. %s", dataset.trouble or "")
            cure = env._("Mend the cause, then press “Resume”.")
            return self._row(dataset.name, health.BROKEN, words, cure)
        if dataset.state == "stopped":
            words = env._("Stopped by an administrator: moves are not reported.")
            cure = env._("Press “Resume”.")
            return self._row(dataset.name, health.ATTENTION, words, cure)
        if not (dataset.has_access_token or self.has_access_token):
            words = env._("There is no token to send with.")
            cure = env._(
                "Enter one here (Events Manager > the dataset > Settings > Conversions "
                "API > Generate access token), or a system-user token in “Connect”."
            )
            return self._row(dataset.name, TO_DO, words, cure)
        finding = dataset._get_finding("check")
        if finding is None:
            return self._row_unlooked(dataset.name)
        if finding.level == health.INCONCLUSIVE and self._is_proven(dataset):
            words = env._("Meta accepts events with this token.")
            return self._row(dataset.name, health.OK, words)
        return self._row(dataset.name, *finding)

    @api.model
    def _is_proven(self, dataset):
        """Whether Meta took an event with today's token."""
        test = dataset._get_finding("test")
        return bool(test and test.level == health.OK)

    def _judge_setup_funnel(self):
        env = self.env
        if not self.dataset_ids:
            words = env._("The funnel belongs to a dataset, and none is here yet.")
            return [self._row(env._("Funnel"), TO_DO, words)]
        rows = []
        for dataset in self.dataset_ids:
            steps = dataset.rule_ids.filtered("active")
            if not steps:
                words = env._("No step is mapped: Meta is told nothing.")
                cure = env._("Press “Map the pipeline”.")
                rows.append(self._row(dataset.name, TO_DO, words, cure))
                continue
            found = dataset._judge_funnel()
            rows += [self._row(dataset.name, *finding) for finding in found]
            if all(finding.level == health.OK for finding in found):
                words = env._("Steps that Meta is told: %s.", len(steps))
                rows.append(self._row(dataset.name, health.OK, words))
        return rows

    def _judge_setup_test(self):
        env = self.env
        rows = []
        if self.page_ids:
            rows += self._get_finding_rows(OF_TEST)
            rows.append(self._judge_lead_in())
        if not self.dataset_ids:
            words = env._("There is no dataset to send to yet.")
            rows.append(self._row(env._("Events out"), TO_DO, words))
        return rows + [self._judge_event_out(dataset) for dataset in self.dataset_ids]

    def _judge_lead_in(self):
        """Whether a lead of this connection came in."""
        env = self.env
        what = env._("Leads in")
        of_forms = [("connection_id", "=", self.id), ("meta_id", "!=", False)]
        newest = env["meta.lead.submission"].search(of_forms, order="id desc", limit=1)
        done = env["meta.lead.submission"].search(
            [*of_forms, ("state", "in", ("done", "ignored"))],
            order="id desc",
            limit=1,
        )
        if not newest:
            words = env._("No lead has come in yet.")
            return self._row(what, TO_DO, words, TESTING_TOOL)
        if newest.state == "parked":
            cure = env._(
                "CRM > Reporting > Meta sync > Parked leads says why, and tries again."
            )
            words = env._("The newest lead is parked: %s", newest.reason or "")
            return self._row(what, health.ATTENTION, words, cure)
        if not done:
            words = env._(
                "A lead was announced and is being read; that takes about a minute."
            )
            return self._row(what, health.INCONCLUSIVE, words)
        words = env._(
            "The last one came in on %s UTC.", done.create_date.replace(microsecond=0)
        )
        return self._row(what, health.OK, words)

    def _judge_event_out(self, dataset):
        """Whether Meta took an event of this dataset, real or test."""
        env = self.env
        what = env._("Events out: %s", dataset.name)
        test = dataset._get_finding("test")
        if test and test.level != health.OK:
            return self._row(what, *test)
        if test:
            words = env._(
                "%(words)s It was sent on %(when)s UTC.",
                words=test.words,
                when=dataset.tested_at,
            )
            return self._row(what, health.OK, words)
        if dataset._count_accepted(1):
            words = env._("Meta has accepted events of this dataset.")
            return self._row(what, health.OK, words)
        words = env._("Meta has received no event of this dataset yet.")
        cure = env._("Press “Send a test event”, or move a lead that came from Meta.")
        return self._row(what, TO_DO, words, cure)
