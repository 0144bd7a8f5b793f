from odoo import api, fields, models
from odoo.tools import SQL

CHANNELS = [
    ("whatsapp", "WhatsApp"),
    ("messenger", "Messenger"),
    ("instagram", "Instagram"),
]
#: What is done with people who write from an ad.
KEEP, ATTACH, LEAD = "keep", "attach", "lead"


class MetaLeadAccount(models.Model):
    """Where people write to: a WhatsApp number, a Page, an Instagram account.

    It is made by the first chat that an ad brings there; nobody has to enter one.
    """

    _name = "meta.lead.account"
    _description = "Meta Chat Account"
    _order = "channel, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, help="For people; Meta never sees it.")
    channel = fields.Selection(
        CHANNELS, required=True, readonly=True, help="Where people write."
    )
    meta_id = fields.Char(
        "Account ID",
        required=True,
        readonly=True,
        help="Meta's ID of the WhatsApp business account, the Page or the Instagram "
        "account.",
    )
    number_meta_id = fields.Char(
        "Phone number ID",
        readonly=True,
        help="WhatsApp only: Meta's ID of the business phone number.",
    )
    connection_id = fields.Many2one(
        "meta.connection", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    policy = fields.Selection(
        [
            (KEEP, "Keep for later"),
            (ATTACH, "Add to the open lead of that person"),
            (LEAD, "Add to the open lead of that person, else make a lead"),
        ],
        "When an ad brings somebody",
        required=True,
        default=KEEP,
        help="A person is known by the phone number, or by an earlier chat from an ad. "
        "What is kept is listed under Meta sync > Chats from ads.",
    )
    team_id = fields.Many2one(
        "crm.team",
        "Sales Team",
        check_company=True,
        help="The team that new leads go to.",
    )
    user_id = fields.Many2one(
        "res.users",
        "Salesperson",
        check_company=True,
        domain=[("share", "=", False)],
        help="Who gets new leads; empty leaves them to the team.",
    )

    _known_once = models.UniqueIndex(
        "(connection_id, channel, meta_id, COALESCE(number_meta_id, ''))",
        "This account is known already.",
    )

    @api.model
    def _find_or_create(self, connection, referrals):
        """The accounts that these people wrote to, made where they are new.

        :param connection: ``meta.connection`` whose signature was right
        :param list referrals: ``referral.Referral`` items
        :return: ``{(channel, account id, number id or None): id}``
        """
        wanted = {(item.channel, item.account_id, item.number_id) for item in referrals}
        accounts = self.search([("connection_id", "=", connection.id)])
        found = accounts._by_ids()
        if missing := [place for place in wanted if place not in found]:
            labels = dict(CHANNELS)
            for channel, meta_id, number_id in missing:
                # Two first chats may come side by side.
                self.env.execute_query(
                    SQL(
                        """
                        INSERT INTO meta_lead_account (
                            name, channel, meta_id, number_meta_id, connection_id,
                            company_id, policy, create_uid, create_date, write_uid,
                            write_date
                        )
                        SELECT %s, %s, %s, %s, %s, %s, %s, %s, moment, %s, moment
                          FROM (SELECT now() AT TIME ZONE 'UTC' AS moment) clock
                        ON CONFLICT DO NOTHING
                     RETURNING id
                        """,
                        f"{labels[channel]} {number_id or meta_id}",
                        channel,
                        meta_id,
                        number_id,
                        connection.id,
                        connection.company_id.id,
                        KEEP,
                        self.env.uid,
                        self.env.uid,
                    )
                )
            found = self.search([("connection_id", "=", connection.id)])._by_ids()
        return {place: found.get(place) for place in wanted}

    def _by_ids(self):
        return {
            (row.channel, row.meta_id, row.number_meta_id or None): row.id
            for row in self
        }

    def write(self, vals):
        """Whoever chooses a policy means also those who wrote before."""
        result = super().write(vals)
        if vals.get("policy", KEEP) != KEEP:
            self.env.ref("meta_crm_capi.ir_cron_referral").sudo()._trigger()
        return result
