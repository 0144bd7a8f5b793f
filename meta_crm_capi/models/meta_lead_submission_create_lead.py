import json
import logging
import traceback
from datetime import datetime, timezone

from odoo import api, models
from odoo.tools import SQL

from ..protocol import lead as meta_lead
from . import queue

_logger = logging.getLogger(__name__)

#: Meta's word for where the person saw the ad, as a UTM source.
SOURCES = {"fb": "Facebook", "ig": "Instagram"}


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
                # Where and what kind of error, not its words: they may quote a person.
                _logger.error(
                    "No lead could be made of submission %s: %s\n%s",
                    submission.id,
                    type(error).__name__,
                    "".join(traceback.format_tb(error.__traceback__)),
                )
                submission._try_later(
                    self.env._(
                        "Odoo could not make a lead of it: %s", type(error).__name__
                    )
                )

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
                _logger.exception("Form %s could not be kept", meta_id)
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
        leads = self.env["crm.lead"]
        for company, rows in submissions.grouped("company_id").items():
            created = (
                self.env["crm.lead"]
                .with_company(company)
                .with_context(mail_create_nosubscribe=True, default_user_id=False)
                .create(
                    [
                        row.with_company(company)._prepare_lead(nodes[row])
                        for row in rows
                    ]
                )
            )
            rows._remember_written(created)
            for submission, lead in zip(rows, created, strict=True):
                submission.write(
                    {**submission._prepare_done(nodes[submission]), "lead_id": lead.id}
                )
            leads += created
        submissions._keep_answers(nodes)
        leads._assign_userless_lead_in_team(self.env._("a Meta lead form"))
        leads._collect_arrivals(submissions)

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
            "is_organic": bool(lead.is_organic),
            "is_test": lead.is_test,
        }

    def _prepare_lead(self, node):
        """Values of the ``crm.lead`` for what the person submitted."""
        self.ensure_one()
        values, notes = self._prepare_answers(node)
        lead = meta_lead.parse(node)
        page = self.page_id
        team = self._get_team()
        return {
            **values,
            "name": self._prepare_title(values),
            **self._prepare_utm(lead),
            "type": self._get_lead_type(team),
            "team_id": team.id,
            "user_id": page.user_id.id,
            "company_id": self.company_id.id,
            "tag_ids": page.tag_ids.ids,
            "meta_consent": self.form_id._read_consent(lead.consents),
            "description": self._prepare_notes(notes),
        }

    def _get_team(self):
        """The Page's team, else the first one of the company, else of all companies.

        Odoo's own default looks for the teams of the user, which is nobody here.
        """
        if self.page_id.team_id:
            return self.page_id.team_id
        teams = self.env["crm.team"].search(
            [("company_id", "in", (self.company_id.id, False))]
        )
        return teams.filtered("company_id")[:1] or teams[:1]

    def _prepare_utm(self, lead):
        """UTM source by platform, medium by paid or organic, campaign by name."""
        find = self.env["utm.mixin"]._find_or_create_record
        source = SOURCES.get(lead.platform, SOURCES["fb"])
        medium = "organic" if lead.is_organic else "paid"
        values = {
            "source_id": find("utm.source", source).id,
            "medium_id": self.env.ref(f"meta_crm_capi.utm_medium_{medium}_social").id,
        }
        if lead.campaign_name:
            values["campaign_id"] = find("utm.campaign", lead.campaign_name).id
        return values

    def _get_lead_type(self, team):
        uses_leads = self.env["res.groups"]._is_feature_enabled("crm.group_use_lead")
        return "lead" if uses_leads and team.use_leads else "opportunity"
