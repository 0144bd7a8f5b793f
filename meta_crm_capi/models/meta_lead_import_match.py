from datetime import datetime, timedelta, timezone

from odoo import models
from odoo.fields import Domain
from odoo.tools import email_normalize

from ..protocol import lead as meta_lead
from ..protocol import phone
from ..protocol.question import question_field
from .meta_lead_policy_mixin import JOIN


class MetaLeadImport(models.Model):
    """Which leads of an import are in Odoo already.

    Known is what has a submission; an id that a person typed, or imported with a lead,
    gets what Meta knows of it, and what was parked unread comes in. Else, where the
    import matches existing leads, a lead is the same one by the first of these that
    finds any: the Meta lead id in the field where another tool kept it, the e-mail
    address, the phone number. By the latter two it must have been created within days
    of the submission. Where several share the address, the phone number may still tell
    them apart.
    """

    _inherit = "meta.lead.import"

    def _judge(self, nodes):
        """What becomes of these leads: values of lines, each with ``candidates``.

        :param list nodes: lead nodes as the Graph API gives them
        :rtype: list[dict]
        """
        leads = {}
        for node in nodes:
            try:
                lead = meta_lead.parse(node)
            except ValueError:
                # Stored by its id alone, then read by itself.
                meta_id = meta_lead.lead_id(node)
                if meta_id:
                    leads.setdefault(meta_id, None)
            else:
                leads.setdefault(lead.meta_id, lead)
        submissions = self.env["meta.lead.submission"]
        known = set(
            submissions.search([("meta_id", "in", list(leads))]).mapped("meta_id")
        )
        typed = submissions._find_typed(self, list(known)).grouped("meta_id")
        parked = set(
            submissions._find_healable(self.page_id, list(known)).mapped("meta_id")
        )
        forms = {
            form.meta_id: form
            for form in self.env["meta.lead.form"]._find(
                list({lead.form_id for lead in leads.values() if lead and lead.form_id})
            )
        }
        # The dummy values of test leads are alike in all of them.
        wanted = [
            lead
            for meta_id, lead in leads.items()
            if lead and meta_id not in known and not lead.is_test
        ]
        matches = self._match(wanted, forms) if self.is_matching else {}
        lines = []
        for meta_id, lead in leads.items():
            values = {"key": meta_id, "row_count": 1, "candidates": None}
            if lead:
                values["submitted_at"] = _moment(lead)
                form = forms.get(lead.form_id)
                if form and form.page_id == self.page_id:
                    values["form_id"] = form.id
            if lead and meta_id in typed:
                existing = typed[meta_id].lead_id
                values.update(kind="attach", matched_by="meta_id", lead_id=existing.id)
            elif meta_id in parked:
                values["kind"] = "parked"
            elif meta_id in known:
                values["kind"] = "known"
            else:
                values.update(self._decide_match(lead, *matches.get(meta_id, (0, 0))))
            lines.append(values)
        made = [leads[values["key"]] for values in lines if values["kind"] == "create"]
        joins = self._find_joins([lead for lead in made if lead], forms)
        for values in lines:
            if values["key"] in joins:
                values.update(kind="join", lead_id=joins[values["key"]].id)
        self._foresee_joins(lines, leads, forms)
        return lines

    def _get_policy(self, lead, forms):
        """What becomes of a further lead of the same person, by the form or the Page.

        :param lead: ``protocol.lead.Lead``
        """
        form = forms.get(lead.form_id)
        of_page = form if form and form.page_id == self.page_id else None
        return (of_page and of_page.person_policy) or self.page_id.person_policy

    def _find_joins(self, leads, forms):
        """``{Meta lead id: crm.lead}`` of the open leads that the policy adds to.

        As the way in does when the lead comes; those that this import itself makes
        first are seen by :meth:`_foresee_joins`.

        :param list leads: ``protocol.lead.Lead`` items
        :param dict forms: ``meta.lead.form`` by their Meta id
        """
        keys = {}
        for lead in leads:
            if self._get_policy(lead, forms) == JOIN and not lead.is_test:
                form = forms.get(lead.form_id)
                keys[lead.meta_id] = self._get_match_keys(lead, form)
        emails = set().union(*(own[0] for own in keys.values()))
        phones = set().union(*(own[1] for own in keys.values()))
        if not emails and not phones:
            return {}
        submissions = self.env["meta.lead.submission"]
        found = self.env["crm.lead"].search(
            submissions._get_open_domain(self.company_id)
            & (
                Domain("email_normalized", "in", list(emails))
                | Domain("phone_sanitized", "in", list(phones))
            )
        )
        found = found._sort_by_confidence_level(reverse=True)
        joins = {}
        for meta_id, (own_emails, own_phones) in keys.items():
            same = found.filtered(
                lambda item, own=own_emails: item.email_normalized in own
            ) or found.filtered(
                lambda item, own=own_phones: item.phone_sanitized in own
            )
            if same:
                joins[meta_id] = same[0]
        return joins

    def _decide_match(self, lead, matched_by, candidates):
        if not candidates:
            return {"kind": "create"}
        if len(candidates) > 1 and self.when_ambiguous == "nearest":
            candidates = candidates.sorted(
                lambda found: (abs(found.create_date - _moment(lead)), found.id)
            )[:1]
        if len(candidates) == 1:
            return {
                "kind": "attach",
                "matched_by": matched_by,
                "lead_id": candidates.id,
            }
        return {
            "kind": "ambiguous" if self.when_ambiguous == "ask" else "create",
            "matched_by": matched_by,
            "candidates": candidates,
        }

    def _match(self, leads, forms):
        """``{Meta lead id: (matched by, crm.lead records)}`` of those that match.

        :param list leads: ``protocol.lead.Lead`` items
        :param dict forms: ``meta.lead.form`` by their Meta id
        """
        keys = {
            lead.meta_id: self._get_match_keys(lead, forms.get(lead.form_id))
            for lead in leads
        }
        by_id = self._find_by_id(list(keys))
        emails, phones = self._find_by_person(leads, keys)
        window = timedelta(days=self.match_days)
        none = self.env["crm.lead"]
        matches = {}
        for lead in leads:
            own_emails, own_phones = keys[lead.meta_id]
            moment = _moment(lead)

            def near(found, moment=moment):
                return found.filtered(
                    lambda item: abs(item.create_date - moment) <= window
                )

            by_email = near(none.union(*(emails.get(key, none) for key in own_emails)))
            by_phone = near(none.union(*(phones.get(key, none) for key in own_phones)))
            if len(by_email) > 1 and len(by_email & by_phone) == 1:
                by_email &= by_phone
            for kind, found in (
                ("meta_id", by_id.get(lead.meta_id)),
                ("email", by_email),
                ("phone", by_phone),
            ):
                if found:
                    matches[lead.meta_id] = (kind, found)
                    break
        return matches

    def _get_match_keys(self, lead, form):
        """The e-mail addresses and phone numbers in the answers, in Odoo's form.

        :rtype: tuple[set[str], set[str]]
        """
        questions = form.question_ids if form else self.env["meta.lead.question"]
        types = {question.key: question.type for question in questions}
        mapping = questions._get_mapping() if questions else {}
        country = self.company_id.country_id.code
        emails, phones = set(), set()
        for answer in lead.answers:
            kind = answer.type or types.get(answer.name)
            target = mapping.get(answer.name) or question_field(answer.name, kind)
            for value in answer.values:
                if target == "email_from" and (email := email_normalize(value)):
                    emails.add(email)
                elif target == "phone" and (
                    digits := phone.international_digits(value, country)
                ):
                    phones.add(f"+{digits}")
        return emails, phones

    def _search_leads(self, domain):
        """Leads of the company, lost ones too, that this import did not make itself."""
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)
        made = (
            self.env["meta.lead.submission"]
            .sudo()
            ._search(
                [
                    ("import_id", "=", self.id),
                    ("is_attached", "=", False),
                    ("is_joined", "=", False),
                    ("lead_id", "!=", False),
                ]
            )
            .subselect("lead_id")
        )
        company = Domain("company_id", "in", (self.company_id.id, False))
        return leads.search(
            Domain(domain) & company & Domain("id", "not in", made), order="id"
        )

    def _find_by_id(self, meta_ids):
        """Leads by the Meta lead id that another tool kept."""
        name = self.match_field_id.sudo().name
        field = self.env["crm.lead"]._fields.get(name)
        if not field or not field.store or not meta_ids:
            return {}
        spellings = [*meta_ids, *(f"l:{meta_id}" for meta_id in meta_ids)]
        found = self._search_leads([(name, "in", spellings)])
        return found.grouped(lambda lead: lead[name].strip().removeprefix("l:"))

    def _find_by_person(self, leads, keys):
        """Leads by e-mail address and by phone number, created around that time."""
        if not leads:
            return {}, {}
        emails = set().union(*(own[0] for own in keys.values()))
        phones = set().union(*(own[1] for own in keys.values()))
        days = timedelta(days=self.match_days)
        moments = [_moment(lead) for lead in leads]
        around = Domain("create_date", ">=", min(moments) - days) & Domain(
            "create_date", "<=", max(moments) + days
        )
        same = Domain("email_normalized", "in", list(emails)) | Domain(
            "phone_sanitized", "in", list(phones)
        )
        own = self.env["meta.lead.submission"]._get_company_domain(self.company_id)
        found = self._search_leads(around & same & own)
        return (
            found.grouped("email_normalized"),
            found.grouped("phone_sanitized"),
        )


def _moment(lead):
    """When a lead was submitted, as Odoo stores times."""
    moment = datetime.fromtimestamp(lead.created_time, timezone.utc)
    return moment.replace(tzinfo=None)
