from odoo import models
from odoo.exceptions import UserError

from ..protocol import words as english
from ..protocol.health import NEW_TOKEN
from ..protocol.text import scalar_text
from .meta_health_plan import TOKEN_DEAD
from .meta_lead_submission_read import is_id
from .patience import take_in_time


class MetaConnection(models.Model):
    """The Pages that the connection's system user may work with."""

    _inherit = "meta.connection"

    def action_load_pages(self):
        """Add the Pages that Meta names for this connection's token.

        Pages that are here keep all their settings; one of another connection stays
        where it is and is named.
        """
        self.ensure_one()
        self.check_access("write")
        connection = self.sudo()
        if not connection.has_access_token:
            raise UserError(self.env._("Enter the system-user token first."))
        with connection._get_client() as graph:
            results = take_in_time(graph.pages())
        nodes = [node for result in results for node in result.rows]
        self.env["meta.sync.log"].sudo()._add(
            "page",
            results[-1],
            connection=self,
            company=self.company_id,
            event_count=len(nodes),
            asked=english._lt("List of Pages"),
        )
        new, kept, foreign = connection._keep_pages(nodes)
        if new:
            self.env.ref("meta_crm_capi.ir_cron_catch_up").sudo()._trigger()
        known = [*new, *kept, *foreign]
        answer = results[-1].answer
        words = self._describe_pages(new, kept, foreign)
        if not answer.accepted:
            words += self._describe_broken_list(answer, nodes)
        elif results[-1].has_next:
            words.append(
                self.env._("The list is too long to be read: add the others by hand.")
            )
        elif not known:
            words = [
                self.env._(
                    "Meta names no Page for this token. Assign the Pages to the system "
                    "user in Meta Business settings, and give its token the "
                    "permissions pages_show_list and business_management."
                )
            ]
        kind = "warning" if foreign or results[-1].has_next else "success"
        if not answer.accepted or not known:
            kind = "danger"
        return self._notify(" ".join(filter(None, words)), kind)

    def _keep_pages(self, nodes):
        """Add the Pages of these nodes that are not here yet.

        :return: the new Pages, those that were this connection's before, and the names
            of those that belong to another one
        """
        pages = self.env["meta.lead.page"].with_context(active_test=False)
        wanted = {}
        for node in nodes:
            meta_id = scalar_text(node.get("id"))
            if is_id(meta_id):
                wanted[meta_id] = node
        known = pages.search([("meta_id", "in", list(wanted))])
        foreign, kept = [], pages
        for page in known:
            node = wanted.pop(page.meta_id)
            if page.connection_id != self:
                foreign.append(scalar_text(node.get("name")) or page.meta_id)
                continue
            kept += page
            if not page.has_access_token:
                page.access_token = scalar_text(node.get("access_token"))
        new = pages.create(
            [
                {
                    "name": scalar_text(node.get("name")) or meta_id,
                    "meta_id": meta_id,
                    "connection_id": self.id,
                    "access_token": scalar_text(node.get("access_token")),
                }
                for meta_id, node in wanted.items()
            ]
        )
        return new, kept, foreign

    def _describe_broken_list(self, answer, nodes):
        """Sentences about why Meta gave no Page, or not all of them.

        :param answer: ``protocol.answer.Answer`` that ended the list
        :param list nodes: what came before
        """
        words = []
        if nodes:
            words.append(self.env._("The list is not whole: Pages may be missing."))
        elif answer.code == TOKEN_DEAD:
            words.append(
                self.env._(
                    "No Page was read: Meta takes the system-user token of this "
                    "connection no more."
                )
            )
        else:
            words.append(self.env._("No Page was read: Meta did not give the list."))
        said = answer.message or answer.meaning
        if said:
            words.append(self.env._("Meta says: %s", said))
        cure = NEW_TOKEN if answer.code == TOKEN_DEAD else answer.cure
        return [*words, cure]

    def _describe_pages(self, new, kept, foreign):
        """Sentences about what :meth:`_keep_pages` did."""
        words = []
        if new:
            names = ", ".join(new.mapped("name"))
            words.append(self.env._("New: %s. Their forms are being read.", names))
        if kept:
            names = ", ".join(kept.mapped("name"))
            words.append(self.env._("Here already: %s.", names))
        archived = kept.filtered(lambda page: not page.active)
        if archived:
            names = ", ".join(archived.mapped("name"))
            words.append(self.env._("Archived in Odoo, and left so: %s.", names))
        if foreign:
            words.append(
                self.env._(
                    "Left where they are, because another connection of this Odoo has "
                    "them: %s.",
                    ", ".join(foreign),
                )
            )
        if new:
            words.append(
                self.env._(
                    "Now subscribe each Page to leads, and archive those whose leads "
                    "you do not want here."
                )
            )
        return words
