import json
import logging
from datetime import datetime, timezone

from odoo import api, models
from odoo.tools import SQL

from ..protocol import lead as meta_lead
from . import queue
from .meta_lead_policy_mixin import JOIN

_logger = logging.getLogger(__name__)


class MetaLeadSubmission(models.Model):
    _inherit = "meta.lead.submission"

    def _create_leads(self, read, forms):
        """Make leads of what was read, in one go, or one by one when that fails.

        :param list read: ``(submission, lead node)`` pairs
        :param dict forms: ``{form id: (page, client.Result)}`` of forms new to us
        """
        if not read:
            return
        self._learn_forms(read, forms)
        try:
            with self.env.cr.savepoint():
                self._create_leads_together(read)
            return
        except Exception as error:
            if queue.is_conflict(error):
                raise
            # Not the error itself: it may quote what a person wrote.
            _logger.info(
                "A batch of Meta leads failed; each is tried alone: %s",
                type(error).__name__,
            )
        for submission, node in read:
            try:
                with self.env.cr.savepoint():
                    self._create_leads_together([(submission, node)])
            except Exception as error:
                if queue.is_conflict(error):
                    raise
                _logger.error(
                    "No lead could be made of submission %s: %s",
                    submission.id,
                    queue.describe(error),
                )
                submission._try_later(submission._put_failure_in_words(error))

    @api.model
    def _learn_forms(self, read, forms):
        """Set each row's form, after keeping what Meta told of those new to us.

        A form that cannot be kept costs no lead: it then gets the Page's defaults.
        """
        told = {
            meta_id: (page, result)
            for meta_id, (page, result) in forms.items()
            if result.answer.accepted
        }
        pages = self.env["meta.lead.page"]
        pages.union(*(page for page, _result in told.values()))._lock_forms()
        for meta_id, (page, result) in told.items():
            try:
                with self.env.cr.savepoint():
                    self.env["meta.lead.form"]._learn(
                        page, {**(result.data or {}), "id": meta_id}
                    )
            except Exception as error:
                if queue.is_conflict(error):
                    raise
                _logger.error(
                    "Form %s could not be kept: %s", meta_id, queue.describe(error)
                )
        form_ids = {row: row._get_form_meta_id(node) for row, node in read}
        known = {
            form.meta_id: form
            for form in self.env["meta.lead.form"]._find(list(form_ids.values()))
        }
        for submission, meta_id in form_ids.items():
            form = known.get(meta_id)
            # A form under another Page has that Page's mapping, not this one's.
            if form and form.page_id == submission.page_id:
                submission.form_id = form

    def _create_leads_together(self, read):
        nodes = dict(read)
        submissions = self.browse(row.id for row in nodes)
        for row in submissions:
            row.write(row._prepare_done(nodes[row]))
        submissions -= submissions._ignore_test_leads()
        for company, rows in submissions.grouped("company_id").items():
            rows = rows.with_company(company)
            said, values = rows._prepare_values(nodes)
            rows._let_other_lanes_wait()
            for turn in rows._in_turns(values):
                turn._take_turn(said, values)
            rows._wake_mail_queue()
        submissions._keep_answers(nodes)

    def _prepare_values(self, nodes):
        """What each person said, and with it all values of the lead of each row.

        What was said goes before what the form or Page would give: an answer may be
        mapped to the salesperson, say.

        :param dict nodes: the lead node of each row
        :return: ``({row: what was said}, {row: all values})``
        """
        utm = self._prepare_utm()
        said, values = {}, {}
        by_form = self.grouped(lambda row: (row.page_id, row.form_id))
        for rows in by_form.values():
            assignment = rows._prepare_assignment()
            defaults = rows._prepare_defaults()
            # The team is looked for once, not for each row that wants its properties.
            for row in rows.with_context(meta_team_id=assignment["team_id"]):
                said[row] = row._prepare_lead(nodes[row])
                values[row] = {**utm[row], **assignment, **defaults, **said[row]}
        self._tag_test_leads(values)
        return said, values

    def _take_turn(self, said, values):
        """Make a lead of each row, or add the row to one that is there.

        :param dict said: what its person said, as values of a lead
        :param dict values: all values of the lead that it would become
        """
        same_person = self._find_leads_of_same_person(values)
        joined, fresh = {}, self.browse()
        for row in self:
            if row in same_person and row._get_person_policy() == JOIN:
                joined[row] = same_person[row]
                continue
            fresh += row
            if row in same_person:
                values[row]["meta_duplicate_of_id"] = same_person[row].id
        leads = (
            self.env["crm.lead"]
            .with_context(
                default_user_id=False,
                mail_create_nosubscribe=True,
                # As in every scheduled action of Odoo's mail goes through its queue: a
                # slow mail server would hold up the leads.
                mail_notify_force_send=False,
            )
            .create([values[row] for row in fresh])
        )
        for row, lead in zip(fresh, leads, strict=True):
            row.lead_id = lead
        fresh._remember_written(leads)
        for row, lead in joined.items():
            row._join(lead, said[row])
        leads._assign_userless_lead_in_team(self.env._("a Meta lead form"))
        leads._collect_arrivals(self)

    def _wake_mail_queue(self):
        """Let Odoo send at once what it has to say about the leads of these rows.

        Whoever gets mail about a lead follows it; where nobody does, nothing waits.
        """
        if self.env.context.get("mail_auto_subscribe_no_notify"):
            return
        queue_cron = self.env.ref(
            "mail.ir_cron_mail_scheduler_action", raise_if_not_found=False
        )
        followed = [("res_model", "=", "crm.lead"), ("res_id", "in", self.lead_id.ids)]
        if queue_cron and self.env["mail.followers"].search_count(followed, limit=1):
            queue_cron._trigger()

    def _keep_answers(self, nodes):
        """Keep what Meta gave, by a statement that PostgreSQL's errors do not print."""
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                UPDATE meta_lead_submission submission
                   SET answers = given.answers
                  FROM unnest(%s::int[], %s::text[]) AS given (id, answers)
                 WHERE submission.id = given.id
                """,
                self.ids,
                [json.dumps(nodes[row]) for row in self],
            ),
            log_exceptions=False,
        )
        self.invalidate_recordset(["answers"])

    def _prepare_done(self, node):
        """What the submission keeps of the lead node that Meta gave."""
        self.ensure_one()
        lead = meta_lead.parse(node)
        submitted_at = datetime.fromtimestamp(lead.created_time, timezone.utc)
        is_organic = lead.is_organic
        if is_organic is None:
            # The webhook names the ad also where the token may not see it.
            is_organic = not (lead.ad_id or self.ad_id or lead.campaign_id)
        return {
            "state": "done",
            "reason": False,
            "next_try_at": False,
            "submitted_at": submitted_at.replace(tzinfo=None),
            "form_meta_id": lead.form_id or self.form_meta_id,
            "ad_id": lead.ad_id or self.ad_id,
            "ad_name": lead.ad_name,
            "adset_id": lead.adset_id,
            "adset_name": lead.adset_name,
            "campaign_id": lead.campaign_id,
            "campaign_name": lead.campaign_name,
            "platform": lead.platform,
            "is_organic": is_organic,
            "is_test": lead.is_test,
        }

    def _prepare_lead(self, node):
        """What the person said, as values of a ``crm.lead``."""
        self.ensure_one()
        values, notes = self._prepare_answers(node)
        return {
            **values,
            "name": self._prepare_title(values),
            "meta_consent": self._read_consent(node),
            "description": self._prepare_notes(notes),
        }

    def _read_consent(self, node):
        """What the person said about Meta: "yes", "no" or "unknown"."""
        return self.form_id._read_consent(meta_lead.parse(node).consents)
