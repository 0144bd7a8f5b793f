import json
import re

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, ormcache

from ..protocol import lead as meta_lead
from ..protocol import words as english
from . import queue
from .words import Words

#: As Meta's payload specification has it; a leading zero would not survive as a number.
META_LEAD_ID = re.compile(r"[1-9][0-9]{14,16}")

UNKNOWN_PAGE = english._lt("This Page is not connected in Odoo.")
FOREIGN_PAGE = english._lt(
    "This Page belongs to another connection than the one whose webhook named this "
    "lead."
)

#: Year 2106: a later submission time is nonsense (Unix seconds).
LAST_MOMENT = 2**32


class MetaLeadSubmission(models.Model):
    """The inbox row and the identity of one Meta lead, for ever.

    A chat that an ad opened has one too (:mod:`.meta_lead_submission_chat`).

    A row is written for each lead id that Meta ever names and is never deleted: that
    is why no lead comes in twice and none that was erased comes back. The way in is
    ``received`` (stored, to be read) to ``done`` (it became a ``crm.lead``).
    """

    _name = "meta.lead.submission"
    _description = "Meta Lead Submission"
    _order = "submitted_at desc, id desc"
    _rec_name = "meta_id"
    _check_company_auto = True

    meta_id = fields.Char(
        "Meta lead ID",
        readonly=True,
        copy=False,
        help="Meta's own ID of the lead of a form. A chat has none.",
    )
    connection_id = fields.Many2one(
        "meta.connection", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    page_meta_id = fields.Char(
        "Page ID",
        readonly=True,
        index="btree_not_null",
        help="Meta's ID of its Page.",
    )
    form_meta_id = fields.Char(
        "Form ID",
        readonly=True,
        help="Meta's ID of its form.",
    )
    page_id = fields.Many2one(
        "meta.lead.page", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    form_id = fields.Many2one(
        "meta.lead.form", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    lead_id = fields.Many2one(
        "crm.lead", readonly=True, ondelete="set null", index="btree_not_null"
    )
    event_ids = fields.One2many(
        "meta.capi.event",
        "submission_id",
        "Events",
        help="What Meta was told of it.",
    )
    origin = fields.Selection(
        [
            ("webhook", "Webhook"),
            ("catch_up", "Catch-up"),
            ("import", "Lead import"),
            ("manual", "Entered by hand"),
        ],
        required=True,
        readonly=True,
        help="How Odoo learned of it: by a webhook, a catch-up, an import, by hand, or "
        "by a chat that an ad opened.",
    )
    state = fields.Selection(
        [
            ("received", "Received"),
            ("done", "Done"),
            ("parked", "Parked"),
            ("ignored", "Ignored"),
            ("erased", "Erased"),
        ],
        required=True,
        readonly=True,
        index=True,
        default="received",
        help="Parked: waits for a person; the reason says why.\nIgnored: a "
        "test lead that its Page leaves out.\nErased: its lead was "
        "deleted.",
    )
    reason = Words(
        readonly=True, help="Why it waits or is parked, and what to do about it."
    )
    submitted_at = fields.Datetime(
        "Submitted", readonly=True, help="When the person sent the form."
    )
    tries = fields.Integer(
        readonly=True,
        help="How often Odoo tried to read it.",
    )
    next_try_at = fields.Datetime(
        "Next try",
        readonly=True,
        help="When it is read next; while it is read, its lease.",
    )
    notification = fields.Text(
        readonly=True,
        prefetch=False,
        groups="meta_crm_capi.group_meta_administrator",
        help="The notification as Meta sent it.",
    )
    answers = fields.Text(
        readonly=True,
        prefetch=False,
        groups="meta_crm_capi.group_meta_administrator",
        help="The lead as Meta gave it.",
    )
    ad_id = fields.Char("Ad ID", readonly=True)
    ad_name = fields.Char("Ad", readonly=True)
    adset_id = fields.Char("Ad set ID", readonly=True)
    adset_name = fields.Char("Ad set", readonly=True)
    campaign_id = fields.Char("Campaign ID", readonly=True)
    campaign_name = fields.Char("Campaign", readonly=True)
    platform = fields.Char(readonly=True, help="As Meta says it: fb, ig …")
    is_organic = fields.Boolean(
        "Organic",
        readonly=True,
        help="Without an ad: the form was opened from a post or a link.",
    )
    is_test = fields.Boolean(
        "Test lead",
        readonly=True,
        help="From Meta's Lead Ads Testing Tool.",
    )

    _meta_id_unique = models.Constraint(
        "UNIQUE(meta_id)", "This Meta lead ID is known already."
    )
    _received = models.Index("(next_try_at, id) WHERE state = 'received'")

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._(
                "A submission is kept for ever: without it the same lead would come "
                "in again. Delete the lead to erase what is stored about the person."
            )
        )

    def action_try_again(self):
        """Read parked, waiting or ignored submissions again at once."""
        self.env["meta.connection"]._check_administrator()
        self.check_access("read")
        again = self.sudo().filtered(
            lambda row: row.state in ("parked", "received", "ignored")
        )
        again._unpark()
        self.sudo()._make_due(again.page_id)
        self.env.ref("meta_crm_capi.ir_cron_fetch").sudo()._trigger()
        return True

    def action_open_lead(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "crm.lead",
            "res_id": self.lead_id.id,
            "view_mode": "form",
        }

    @api.model
    @ormcache()
    def _is_in_use(self):
        """Whether there is anything of Meta's here, so that moves must be looked at."""
        return bool(
            self.env["meta.capi.dataset"].sudo().search_count([], limit=1)
            or self.sudo().search_count([], limit=1)
        )

    @api.model_create_multi
    def create(self, vals_list):
        was_in_use = self._is_in_use()
        submissions = super().create(vals_list)
        if not was_in_use:
            self.env["meta.capi.rule"]._forget_funnels()
        return submissions

    @api.model
    def _store_notifications(self, connection, notifications):
        """Store what a webhook names, by one insert; known ids stay as they are.

        A row that was stored by another connection, to which its Page does not belong,
        and that is not settled is handed to this one: this one's signature vouches for
        it just as well.

        :param connection: ``meta.connection`` whose signature was right
        :param list notifications: ``webhook.Notification`` items, without pings
        :return: how many of them were new
        :rtype: int
        """
        if not notifications:
            return 0
        was_in_use = self._is_in_use()
        values = [
            (
                item.leadgen_id,
                connection.id,
                connection.company_id.id,
                item.page_id,
                item.form_id,
                item.ad_id,
                item.created_time
                if item.created_time and 0 < item.created_time < LAST_MOMENT
                else None,
                json.dumps(item.value),
            )
            for item in {item.leadgen_id: item for item in notifications}.values()
        ]
        # In the order in which the reading locks them.
        columns = zip(*sorted(values, key=lambda row: row[0]), strict=True)
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO meta_lead_submission AS known (
                    meta_id, connection_id, company_id, page_meta_id, form_meta_id,
                    ad_id, submitted_at, notification, origin, state, tries,
                    next_try_at, create_uid, create_date, write_uid, write_date
                )
                SELECT meta_id, connection_id, company_id, page_meta_id, form_meta_id,
                       ad_id, to_timestamp(created_time) AT TIME ZONE 'UTC',
                       notification, 'webhook', 'received', 0,
                       %(now)s, %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM unnest(%(columns)s) AS given (
                           meta_id, connection_id, company_id, page_meta_id,
                           form_meta_id, ad_id, created_time, notification
                       )
                    ON CONFLICT (meta_id) DO UPDATE
                   SET connection_id = EXCLUDED.connection_id,
                       company_id = EXCLUDED.company_id,
                       page_meta_id = EXCLUDED.page_meta_id,
                       form_meta_id = EXCLUDED.form_meta_id,
                       ad_id = EXCLUDED.ad_id,
                       submitted_at = EXCLUDED.submitted_at,
                       notification = EXCLUDED.notification,
                       state = 'received', reason = NULL, tries = 0,
                       parked_cause = NULL,
                       next_try_at = EXCLUDED.next_try_at
                 WHERE known.state IN ('received', 'parked')
                   AND known.connection_id != EXCLUDED.connection_id
                   AND NOT EXISTS (
                       SELECT FROM meta_lead_page page
                        WHERE page.meta_id = known.page_meta_id
                          AND page.connection_id = known.connection_id)
             RETURNING id
                """,
                now=queue.db_now(),
                uid=self.env.uid,
                columns=SQL(", ").join(
                    SQL("%s::%s[]", list(column), SQL(kind))
                    for column, kind in zip(
                        columns,
                        (
                            "varchar",
                            "int",
                            "int",
                            "varchar",
                            "varchar",
                            "varchar",
                            "float",
                            "text",
                        ),
                        strict=True,
                    )
                ),
            )
        )
        if not was_in_use:
            self.env["meta.capi.rule"]._forget_funnels()
        return len(rows)

    @api.model
    def _read_typed(self, lead, text):
        """The Meta lead id in what a person typed or imported for a lead.

        :param lead: the ``crm.lead`` that it is for; empty when that is still to be
            made
        :raise ValidationError: when it is none, or belongs to something else
        """
        meta_id = meta_lead.strip_label(text)
        if not META_LEAD_ID.fullmatch(meta_id):
            raise ValidationError(
                self.env._(
                    "“%s” is not a Meta lead ID: it has digits only, 15 to 17 of them.",
                    text,
                )
            )
        known = self.search([("meta_id", "=", meta_id)])
        if known and (not lead or known.lead_id != lead):
            raise ValidationError(
                self.env._(
                    "The Meta lead ID %s is known already: it belongs to another lead "
                    "or is being read from Meta.",
                    meta_id,
                )
            )
        return meta_id

    @api.model
    def _add_typed(self, lead, text, origin):
        """Attach a Meta lead id that a person typed or imported to a lead.

        It becomes a further submission of the lead, never replaces one, and sends no
        raw lead by itself.
        """
        meta_id = self._read_typed(lead, text)
        if meta_id in lead.sudo().meta_submission_ids.mapped("meta_id"):
            return
        self.create(
            {
                "meta_id": meta_id,
                "company_id": (lead.company_id or self.env.company).id,
                "lead_id": lead.id,
                "origin": origin,
                "state": "done",
            }
        )

    @api.model
    def _make_due(self, pages, submissions=None):
        """Let what waits for these Pages, or these submissions, be read at once."""
        self.flush_model(["state", "next_try_at", "page_meta_id"])
        self.env.execute_query(
            SQL(
                """
                UPDATE meta_lead_submission
                   SET next_try_at = %(now)s
                 WHERE state = 'received'
                   AND (page_meta_id = ANY(%(pages)s) OR id = ANY(%(ids)s))
             RETURNING id
                """,
                now=queue.db_now(),
                pages=pages.mapped("meta_id"),
                ids=submissions.ids if submissions else [],
            )
        )
        self.invalidate_model(["next_try_at"])

    @api.model
    def _unpark_for_pages(self, pages):
        """A Page that is connected now heals what was parked for want of it."""
        self._unpark_for_causes(pages, ["unknown_page", "foreign_page"])
        self._make_due(pages)

    def _erase(self):
        """Forget the person; keep the id so that the lead never comes back."""
        self.write(
            {
                "state": "erased",
                "reason": False,
                "lead_id": False,
                "notification": False,
                "answers": False,
                "next_try_at": False,
            }
        )
