from odoo import fields, models
from odoo.fields import NO_ACCESS
from odoo.tools import SQL
from odoo.tools.misc import hmac

from ..protocol import words as english
from .meta_lead_policy_mixin import JOIN


class MetaLeadImportLine(models.Model):
    _inherit = "meta.lead.import.line"

    email_mark = fields.Char(
        "E-mail (hash)", groups=NO_ACCESS, copy=False, prefetch=False
    )
    phone_mark = fields.Char(
        "Phone (hash)", groups=NO_ACCESS, copy=False, prefetch=False
    )

    _email_marks = models.Index("(import_id, email_mark) WHERE email_mark IS NOT NULL")
    _phone_marks = models.Index("(import_id, phone_mark) WHERE phone_mark IS NOT NULL")


class MetaLeadImport(models.Model):
    """What the policy adds to leads that this very import makes first.

    The dry run makes none, so it keeps on each line by what the person would be known:
    not the address or number but a mark of it, made with the database's secret, and no
    longer than it counts.
    """

    _inherit = "meta.lead.import"

    def _foresee_joins(self, lines, leads, forms):
        """Of new leads of one person only the first is made, where the policy says so.

        When the leads are imported those of earlier chunks are there: what they are
        found by is looked for in this chunk alone.

        :param list lines: values of lines, in the order in which the leads come; they
            get ``email_mark`` and ``phone_mark``
        :param dict leads: ``protocol.lead.Lead`` by Meta lead id; None for what is none
        :param dict forms: ``meta.lead.form`` by their Meta id
        """
        policies = self.page_id.with_context(active_test=False).form_ids
        if JOIN not in (self.page_id.person_policy, *policies.mapped("person_policy")):
            return
        new = [
            values
            for values in lines
            if values["kind"] == "create"
            and leads[values["key"]]
            and not leads[values["key"]].is_test
        ]
        for values in new:
            lead = leads[values["key"]]
            emails, phones = self._get_match_keys(lead, forms.get(lead.form_id))
            values["email_mark"] = self._mark_person(emails)
            values["phone_mark"] = self._mark_person(phones)
        seen = self._find_marks(new) if self.phase == "counting" else set()
        for values in new:
            marks = {values["email_mark"], values["phone_mark"]} - {None}
            policy = self._get_policy(leads[values["key"]], forms)
            if policy == JOIN and not seen.isdisjoint(marks):
                values.update(
                    kind="join",
                    reason=english._lt(
                        "The same person's first lead of this import is the open lead."
                    ),
                )
            else:
                seen |= marks

    def _mark_person(self, keys):
        """A mark of the address or number by which somebody is told; None for none."""
        if not keys:
            return None
        return hmac(self.env(su=True), "meta_crm_capi person", (self.id, min(keys)))

    def _find_marks(self, new):
        """The marks of these that earlier lines have whose leads are to be made.

        :param list new: values of lines
        :rtype: set[str]
        """
        emails = [values["email_mark"] for values in new if values["email_mark"]]
        phones = [values["phone_mark"] for values in new if values["phone_mark"]]
        if not emails and not phones:
            return set()
        self.env["meta.lead.import.line"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT email_mark, phone_mark
                  FROM meta_lead_import_line
                 WHERE import_id = %s AND kind = 'create' AND key != ALL(%s)
                   AND (email_mark = ANY(%s) OR phone_mark = ANY(%s))
                """,
                self.id,
                [values["key"] for values in new],
                emails,
                phones,
            )
        )
        return {mark for row in rows for mark in row if mark}

    def _finish_pass(self):
        result = super()._finish_pass()
        if self.state not in ("counting", "failed"):
            self._forget_marks()
        return result

    def _end(self, state, words=""):
        result = super()._end(state, words)
        self._forget_marks()
        return result

    def _forget_marks(self):
        self.env["meta.lead.import.line"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE meta_lead_import_line SET email_mark = NULL, phone_mark = NULL
                 WHERE import_id = ANY(%s)
                   AND (email_mark IS NOT NULL OR phone_mark IS NOT NULL)
                """,
                self.ids,
            )
        )
