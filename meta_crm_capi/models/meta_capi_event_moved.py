from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from ..protocol import funnel
from . import consent


class MetaCapiEvent(models.Model):
    """What the funnel must know of the leads that one transaction moved.

    The salesperson waits meanwhile: a few plain SELECTs, as it is planning that costs.
    """

    _inherit = "meta.capi.event"

    @api.model
    def _find_moved(self, lead_ids, submission_ids):
        """What the funnel must know of the submissions of these leads.

        :rtype: list[dict]
        """
        self.env["meta.lead.submission"].flush_model()
        which = SQL("lead_id = ANY(%s)", lead_ids)
        if submission_ids:
            which = SQL("%s OR id = ANY(%s)", which, submission_ids)
        cr = self.env.cr
        cr.execute(
            SQL(
                """
                SELECT id AS submission_id, meta_id, company_id, form_id, page_id,
                       referral_id, account_id, chat_key,
                       EXTRACT(EPOCH FROM submitted_at)::bigint AS submitted_at,
                       lead_id, test_only
                  FROM meta_lead_submission
                 WHERE %s
              ORDER BY id
                """,
                which,
            )
        )
        found = [row for row in cr.dictfetchall() if row["lead_id"]]
        if found:
            consent.flush(self.env)
        # Together: leads that were forgotten meanwhile are read by one query.
        leads = self.env["crm.lead"].browse(row["lead_id"] for row in found)
        for row, lead in zip(found, leads, strict=True):
            row["after"] = funnel.Snapshot(
                lead.stage_id.id or None,
                lead.type == "opportunity",
                lead.won_status == "lost",
            )
            row["team_id"] = lead.team_id.id or None
            row["partner_id"] = lead.partner_id.id or None
            row["meta_consent"] = lead.meta_consent
            row["expected_revenue"] = lead.expected_revenue
            row["prorated_revenue"] = lead.prorated_revenue
            row["currency_company_id"] = lead.company_id.id or row["company_id"]
        return found

    @api.model
    def _find_reported(self, found):
        """What was reported before of these submissions.

        :param list found: what :meth:`_find_moved` returned
        :return: ``{(submission id, dataset id): [funnel.Reported]}``
        """
        reported = defaultdict(list)
        # By one index alone: that it is told here which states count, and not in the
        # statement, halves what the planning of it costs.
        rows = self.env.execute_query(
            SQL(
                """
                SELECT submission_id, dataset_id, step, stage_id, event_name, entry,
                       state
                  FROM meta_capi_event
                 WHERE submission_id = ANY(%s)
                """,
                [row["submission_id"] for row in found],
            )
        )
        for submission_id, dataset_id, *event, state in rows:
            if state not in ("not_sent", "cancelled"):
                reported[submission_id, dataset_id].append(
                    funnel.Reported(
                        *event,
                        counts=state not in ("refused", "expired"),
                        is_expired=state == "expired",
                    )
                )
        return reported

    @api.model
    def _add_consents(self, found):
        """Add what counts of what these people and their contacts say of consent.

        :param list found: what :meth:`_find_moved` returned; gets ``consent``
        """
        contacts = {}
        # Most Meta leads have none.
        if partner_ids := {row["partner_id"] for row in found if row["partner_id"]}:
            for partner_id, *said in self.env.execute_query(
                SQL(
                    """
                    SELECT contact.id, contact.meta_consent, company.meta_consent
                      FROM res_partner contact
                 LEFT JOIN res_partner company
                        ON company.id = contact.commercial_partner_id
                     WHERE contact.id = ANY(%s)
                    """,
                    list(partner_ids),
                )
            ):
                contacts[partner_id] = said
        for row in found:
            row["consent"] = consent.effective(
                row["meta_consent"], *contacts.get(row["partner_id"], (None, None))
            )
