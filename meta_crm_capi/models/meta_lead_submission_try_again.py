from odoo import models

from ..protocol import words as english

#: So many Pages are named.
MANY_PAGES = 3
LEFT_OUT = english._lt("Left out by hand.")


class MetaLeadSubmission(models.Model):
    """What becomes of rows on which somebody pressed a button, in words."""

    _inherit = "meta.lead.submission"

    def action_try_again(self):
        super().action_try_again()
        rows = self.sudo()
        again = rows.filtered(lambda row: row.state == "received")
        pages = again._find_own_pages()
        unknown = again.filtered(lambda row: not pages[row])
        waits = again.filtered(lambda row: pages[row] and not pages[row]._is_read())
        words = again._describe_tries(waits, unknown, rows - again)
        for page in self.env["meta.lead.page"].union(*(pages[row] for row in waits)):
            words.append(page._describe_stop())
        kind = "warning" if waits or unknown or not again else "success"
        return self.env["meta.connection"]._notify(" ".join(words), kind)

    def _describe_tries(self, waits, unknown, left):
        """Sentences about what becomes of these rows, which are to be read again.

        :param waits: those whose Page is not read now
        :param unknown: those whose Page is not connected
        :param left: others, that stay as they are
        """
        words = []
        soon = len(self) - len(waits) - len(unknown)
        if soon:
            words.append(
                self.env._(
                    "Leads to be read again within a minute: %s. One that cannot come "
                    "in is parked again, with the reason of now.",
                    soon,
                )
            )
        if unknown:
            names = sorted({row.page_meta_id or "?" for row in unknown})
            words.append(
                self.env._(
                    "Leads of Pages that this connection does not have, which will be "
                    "parked again: %(count)s. Add the Page first: %(pages)s.",
                    count=len(unknown),
                    pages=", ".join(names[:MANY_PAGES]),
                )
            )
        if waits:
            words.append(
                self.env._("Leads that wait for their Page: %s.", len(waits)),
            )
        if left:
            words.append(self.env._("Left as they are, done or erased: %s.", len(left)))
        return words

    def action_leave_out(self):
        """Give parked submissions up: no lead is made of them, and nothing tells.

        “Try again” brings them back.
        """
        self.env["meta.connection"]._check_administrator()
        self.check_access("read")
        rows = self.sudo().filtered(lambda row: row.state == "parked")
        rows.write({"state": "ignored", "reason": LEFT_OUT, "next_try_at": False})
        return self.env["meta.connection"]._notify(
            self.env._(
                "Left out: %s. They stay under Submissions as “Ignored”; “Try again” "
                "brings them back.",
                len(rows),
            ),
            "success",
        )

    def _find_own_pages(self):
        """The Page of each row as far as its connection has it: ``{row: Page}``."""
        found = self.env["meta.lead.page"].search(
            [("meta_id", "in", [*filter(None, self.mapped("page_meta_id"))])]
        )
        by_id = {(page.meta_id, page.connection_id): page for page in found}
        none = found.browse()
        return {
            row: by_id.get((row.page_meta_id, row.connection_id), none) for row in self
        }
