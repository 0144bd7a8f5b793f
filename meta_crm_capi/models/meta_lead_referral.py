import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .meta_lead_account import CHANNELS, KEEP
from .meta_lead_submission import LAST_MOMENT

#: Who became no lead in that time is forgotten: Meta counts a click for 7 days.
KEPT_DAYS = 90
#: Rows of one transaction of the daily clean-up.
BATCH = 10_000


class MetaLeadReferral(models.Model):
    """A person who wrote after a click on an ad; nothing of what was written.

    What identifies the person is wiped when the lead is deleted. The row and its key
    stay, so that a webhook that Meta repeats brings nobody back.
    """

    _name = "meta.lead.referral"
    _description = "Meta Chat From an Ad"
    _order = "id desc"
    _check_company_auto = True

    key = fields.Char(required=True, readonly=True, copy=False)
    channel = fields.Selection(
        CHANNELS, required=True, readonly=True, help="Where the person wrote."
    )
    account_id = fields.Many2one(
        "meta.lead.account",
        "Written to",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
        help="The WhatsApp number, Page or Instagram account.",
    )
    connection_id = fields.Many2one(
        "meta.connection", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    ad_id = fields.Char("Ad ID", readonly=True, help="Meta's ID of the ad.")
    sent_at = fields.Datetime(
        "Written at", readonly=True, help="When the first message was sent."
    )
    lead_id = fields.Many2one(
        "crm.lead", readonly=True, ondelete="set null", index="btree_not_null"
    )
    state = fields.Selection(
        [
            ("waiting", "Kept for later"),
            ("failed", "Could not become a lead"),
            ("done", "Has a lead"),
            ("erased", "Erased"),
        ],
        required=True,
        readonly=True,
        default="waiting",
        index=True,
    )
    phone = fields.Char(
        readonly=True,
        groups="meta_crm_capi.group_meta_administrator",
        help="The person's WhatsApp number, as Meta gave it.",
    )
    user_meta_id = fields.Char(
        "User ID",
        readonly=True,
        index="btree_not_null",
        groups="meta_crm_capi.group_meta_administrator",
        help="Meta's ID of the person for this Page or Instagram account alone.",
    )
    ctwa_clid = fields.Char(
        "Click ID",
        readonly=True,
        groups="meta_crm_capi.group_meta_administrator",
        help="The click on an ad that opens WhatsApp (ctwa_clid).",
    )

    _key_once = models.UniqueIndex("(company_id, key)", "This chat is known already.")

    @api.depends("channel", "sent_at")
    def _compute_display_name(self):
        names = dict(self._fields["channel"]._description_selection(self.env))
        for row in self:
            row.display_name = self.env._(
                "%(channel)s chat %(number)s",
                channel=names.get(row.channel, ""),
                number=row.id or "",
            )

    @api.model
    def _store(self, connection, referrals):
        """Store who wrote after a click on an ad; known ones stay as they are.

        :param connection: ``meta.connection`` whose signature was right
        :param list referrals: ``referral.Referral`` items
        :return: how many of them were new
        :rtype: int
        """
        if not referrals:
            return 0
        accounts = self.env["meta.lead.account"]._find_or_create(connection, referrals)
        rows = [
            {
                "key": item.key,
                "channel": item.channel,
                "account_id": accounts[item.channel, item.account_id, item.number_id],
                "ad_id": item.ad_id,
                "sent_at": item.sent_at
                if item.sent_at and item.sent_at < LAST_MOMENT
                else None,
                "phone": item.phone,
                "user_meta_id": item.user_id,
                "ctwa_clid": item.ctwa_clid,
            }
            for item in {item.key: item for item in referrals}.values()
        ]
        # By a statement that PostgreSQL's errors do not print.
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO meta_lead_referral (
                    key, channel, account_id, ad_id, sent_at, phone, user_meta_id,
                    ctwa_clid, connection_id, company_id, state, create_uid,
                    create_date, write_uid, write_date
                )
                SELECT key, channel, account_id, ad_id,
                       to_timestamp(sent_at) AT TIME ZONE 'UTC', phone, user_meta_id,
                       ctwa_clid, %(connection)s, %(company)s, 'waiting', %(uid)s,
                       now() AT TIME ZONE 'UTC', %(uid)s, now() AT TIME ZONE 'UTC'
                  FROM json_to_recordset(%(rows)s) AS given (
                           key varchar, channel varchar, account_id int, ad_id varchar,
                           sent_at float, phone varchar, user_meta_id varchar,
                           ctwa_clid varchar
                       )
                    ON CONFLICT (company_id, key) DO NOTHING
                """,
                connection=connection.id,
                company=connection.company_id.id,
                uid=self.env.uid,
                rows=json.dumps(rows),
            ),
            log_exceptions=False,
        )
        new = self.env.cr.rowcount
        ids = [row["account_id"] for row in rows]
        if new and set(self.env["meta.lead.account"].browse(ids).mapped("policy")) - {
            KEEP
        }:
            self.env.ref("meta_crm_capi.ir_cron_referral")._trigger()
        return new

    def _erase(self):
        """Forget the person; the key stays, so that a repeated webhook is known."""
        self.write(
            {
                "state": "erased",
                "lead_id": False,
                "phone": False,
                "user_meta_id": False,
                "ctwa_clid": False,
            }
        )

    def action_erase(self):
        """Forget these people at once; their leads, if any, stay."""
        self.check_access("read")
        self.env["meta.connection"]._check_administrator()
        self.sudo()._erase()

    @api.autovacuum
    def _gc_waiting(self):
        """Erase who became no lead."""
        limit = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        rows = self.sudo().search(
            [("state", "in", ("waiting", "failed")), ("create_date", "<", limit)],
            limit=BATCH,
        )
        rows._erase()
        return len(rows), int(len(rows) == BATCH)
