import json
import logging
from datetime import datetime, timezone

from markupsafe import Markup

from odoo import models
from odoo.tools import SQL

from ..protocol import lead as meta_lead
from ..protocol import user_data
from . import queue

_logger = logging.getLogger(__name__)

#: Meta's word for where the person saw the ad, as a UTM source.
SOURCES = {"fb": "Facebook", "ig": "Instagram"}


class MetaLeadSubmission(models.Model):
    _inherit = "meta.lead.submission"

    def _create_leads(self, read):
        """Make leads of what was read, in one go, or one by one when that fails.

        :param list read: ``(submission, lead node)`` pairs
        """
        if not read:
            return
        read = self._lock_received(read)
        self._learn_forms(read)
        try:
            with self.env.cr.savepoint():
                self._create_leads_together(read)
            return
        except Exception as error:
            if queue.is_conflict(error):
                raise
            _logger.info("A batch of Meta leads failed; each is tried alone: %s", error)
        for submission, node in read:
            try:
                with self.env.cr.savepoint():
                    self._create_leads_together([(submission, node)])
            except Exception as error:
                if queue.is_conflict(error):
                    raise
                _logger.exception(
                    "No lead could be made of submission %s", submission.id
                )
                submission._try_later(
                    self.env._(
                        "Odoo could not make a lead of it: %s", type(error).__name__
                    )
                )

    def _lock_received(self, read):
        """Keep the rows that nobody settled while Meta was answering."""
        rows = self.browse([submission.id for submission, _node in read])
        locked = rows.try_lock_for_update(allow_referencing=True)
        locked.invalidate_recordset(["state"])
        received = locked.filtered(lambda row: row.state == "received")
        return [pair for pair in read if pair[0] in received]

    def _learn_forms(self, read):
        """Set each row's form, and read from Meta what we do not know of it."""
        forms = self.env["meta.lead.form"].with_context(active_test=False)
        asked = set()
        for submission, node in read:
            page = submission.page_id
            form_meta_id = str(node.get("form_id") or submission.form_meta_id or "")
            form = forms.search([("meta_id", "=", form_meta_id)])
            if form_meta_id and not form.question_ids and form_meta_id not in asked:
                asked.add(form_meta_id)
                with page._get_client() as graph:
                    result = graph.read_form(form_meta_id)
                self.env["meta.sync.log"]._add(
                    "form",
                    result,
                    connection=page.connection_id,
                    company=page.company_id,
                )
                if result.answer.verdict == "accepted":
                    form = forms._learn(page, {**result.data, "id": form_meta_id})
            # A form under another Page has that Page's mapping, not this one's.
            if form.page_id == page:
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
                [json.dumps(nodes[row], ensure_ascii=False) for row in self],
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
        questions = self.form_id.question_ids
        lead = meta_lead.parse(node, questions._as_protocol())
        values, notes = meta_lead.standard_values(lead, questions._get_mapping())
        notes = [(answer.label, answer.shown) for answer in notes]
        notes += [
            (consent.label, self.env._("yes") if consent.checked else self.env._("no"))
            for consent in lead.consents
        ]
        self._resolve_places(values, notes)
        page = self.page_id
        team = page.team_id or self.env["crm.team"]._get_default_team_id()
        person = values.get("contact_name") or values.get("email_from") or self.meta_id
        return {
            **values,
            **self._prepare_utm(lead),
            "name": f"{self.form_id.name or page.name}: {person}",
            "type": self._get_lead_type(team),
            "team_id": team.id,
            "user_id": page.user_id.id,
            "company_id": self.company_id.id,
            "tag_ids": page.tag_ids.ids,
            "description": self._prepare_notes(notes),
        }

    def _resolve_places(self, values, notes):
        """Turn country and state from text into records; what is unknown is noted."""
        country = self.env["res.country"]
        if text := values.pop("country_id", None):
            code = user_data.normalise("country", text) or text
            country = country.search([("code", "=ilike", code)], limit=1)
            country = country or country.search([("name", "=ilike", text)], limit=1)
            if country:
                values["country_id"] = country.id
            else:
                notes.append((self.env._("Country"), text))
        if text := values.pop("state_id", None):
            domain = [
                ("country_id", "=?", country.id),
                "|",
                ("code", "=ilike", text),
                ("name", "=ilike", text),
            ]
            state = self.env["res.country.state"].search(domain, limit=2)
            if len(state) == 1:
                values["state_id"] = state.id
            else:
                notes.append((self.env._("State"), text))

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

    def _prepare_notes(self, notes):
        """HTML for the lead's notes: each question with its answer."""
        items = Markup().join(
            Markup("<li>%s: %s</li>") % (label, shown) for label, shown in notes
        )
        return Markup("<ul>%s</ul>") % items if items else False
