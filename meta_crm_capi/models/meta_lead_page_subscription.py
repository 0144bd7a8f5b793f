from odoo import api, fields, models
from odoo.exceptions import UserError

from ..protocol import words as english
from ..protocol.calls import LEADGEN
from .patience import take_in_time


class MetaLeadPage(models.Model):
    """The Page's half of a subscription: Meta tells the app of each new lead."""

    _inherit = "meta.lead.page"

    subscribed = fields.Boolean(
        "Subscribed to leads",
        copy=False,
        help="Whether Meta sends a webhook for each new lead of this Page.",
    )
    subscribed_at = fields.Datetime(
        "Subscribed since",
        readonly=True,
        copy=False,
        help="Leads that were submitted earlier were never announced by a webhook.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._date_subscription(vals) for vals in vals_list])

    def write(self, vals):
        if "subscribed" not in vals or "subscribed_at" in vals:
            return super().write(vals)
        # What Meta lost, and got back, goes on from its first day.
        lost = vals.get("subscription_lost")
        same = self.filtered(
            lambda page: lost
            or page.subscription_lost
            or page.subscribed == bool(vals["subscribed"])
        )
        if same:
            super(MetaLeadPage, same).write(vals)
        return super(MetaLeadPage, self - same).write(self._date_subscription(vals))

    @api.model
    def _date_subscription(self, vals):
        if "subscribed" not in vals or "subscribed_at" in vals:
            return vals
        now = fields.Datetime.now() if vals["subscribed"] else False
        return {**vals, "subscribed_at": now}

    def action_subscribe(self):
        """Ask Meta to send a webhook for each new lead of the Page."""
        return self._change_subscription(
            lambda graph, *ids: graph.subscribe_page(*ids),
            True,
            english._lt("Subscribe to leads"),
            self.env._("Meta will send this Page's leads."),
        )

    def action_unsubscribe(self):
        """Have Meta no longer announce the Page's leads to this app."""
        return self._change_subscription(
            lambda graph, *ids: graph.unsubscribe_page(*ids),
            False,
            english._lt("Unsubscribe from leads"),
            self.env._(
                "Meta announces this Page's leads no longer. The catch-up still brings "
                "them in."
            ),
        )

    def _change_subscription(self, change, subscribed, asked, words):
        self.ensure_one()
        self.check_access("write")
        page = self.sudo()
        app_id = page._get_app_id()
        [result] = page._ask_meta(lambda graph: [change(graph, page.meta_id, app_id)])
        self.env["meta.sync.log"].sudo()._add_for_page(
            "page", page, result, asked=asked
        )
        if not result.answer.accepted:
            return page._notify_refusal(result.answer)
        self.subscribed = subscribed
        return self.env["meta.connection"]._notify(words, "success")

    def _get_app_id(self):
        if not self.connection_id.app_id:
            raise UserError(self.env._("Enter the App ID on the connection first."))
        return self.connection_id.app_id

    def _ask_meta(self, ask):
        """Ask Meta in a person's request; a dead Page token is derived anew once.

        :param ask: called with a ``GraphClient``
        :return: the ``client.Result`` objects that it gave, as a list; a long one is
            left where it would take too long
        """
        with self._get_client() as graph:
            results = take_in_time(ask(graph))
        if results[-1].answer.code == 190 and self.connection_id.has_access_token:
            self.env["meta.sync.log"]._add_for_page(
                "page",
                self,
                results[-1],
                asked=english._lt("With a Page token that is dead"),
            )
            if not self._derive_token():
                with self._get_client() as graph:
                    results = take_in_time(ask(graph))
        return results

    def _notify_refusal(self, answer):
        """Say on the spot what Meta has against it."""
        return self.env["meta.connection"]._notify(
            self.env._(
                "Meta refused: %(words)s %(cure)s",
                words=answer.message or answer.meaning,
                cure=answer.cure,
            ),
            "danger",
        )

    def _mend_subscription(self, graph, meta_id, app_id):
        """Subscribe the Page again where Meta dropped it; needs no cursor.

        :return: the last ``client.Result``, and whether leads were not subscribed to
        """
        result, names = graph.subscribed_fields(meta_id, app_id)
        if not result.answer.accepted or LEADGEN in names:
            return result, False
        return graph.subscribe_page(meta_id, app_id), True
