from markupsafe import Markup

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize

from . import consent
from .answer_values import PROPERTY
from .meta_lead_policy_mixin import NEW
from .meta_lead_submission_written import CONSENT, NOTES


class MetaLeadSubmission(models.Model):
    """The same person twice: who is it, and what becomes of the further submission.

    Somebody is known by the normalised email address, else by the sanitised phone
    number, as Odoo keeps both on its leads. Only open leads of the same company count.
    """

    _inherit = "meta.lead.submission"

    def _get_person_policy(self):
        return self.form_id.person_policy or self.page_id.person_policy or NEW

    def _is_looked_for(self):
        """Whether a lead may be here that this submission belongs to.

        The dummy values of Meta's testing tool are nobody's.
        """
        return self._get_person_policy() != NEW and not self.is_test

    def _get_person_keys(self, values):
        """Email address and phone number by which a person is told; False for none.

        :param dict values: values of the lead, as given to ``create``
        """
        leads, number = self.env["crm.lead"], values.get("phone")
        country = self.env["res.country"].browse(values.get("country_id") or ())
        phone = number and leads._phone_format(number=number, country=country)
        return email_normalize(values.get("email_from") or ""), phone or False

    def _in_turns(self, values):
        """The rows in order, in parts in which nobody occurs twice.

        So two submissions of one person come in as if one came after the other.

        :param dict values: values of each row's lead
        """
        if not any(row._is_looked_for() for row in self):
            yield self
            return
        turn, seen = self.browse(), set()
        for row in self:
            keys = set(filter(None, row._get_person_keys(values[row])))
            if row._is_looked_for() and not seen.isdisjoint(keys):
                yield turn
                turn, seen = self.browse(), set()
            turn += row
            seen |= keys
        yield turn

    def _let_other_lanes_wait(self):
        """Keep two transactions from making a lead of the same person side by side.

        The later one meets a changed row, and begins anew when it can see the other's
        leads.
        """
        if any(row._is_looked_for() for row in self):
            self.env.execute_query(
                SQL(
                    """
                    UPDATE meta_lead_page SET write_date = write_date
                     WHERE company_id = ANY(%s)
                 RETURNING id
                    """,
                    self.company_id.ids,
                )
            )

    def _find_leads_of_same_person(self, values):
        """The open leads of those who are here already.

        :param dict values: values of each row's lead
        :return: ``{submission: crm.lead}``; of several leads the one that is furthest
        """
        looked_for = self.filtered(lambda row: row._is_looked_for())
        keys = {row: row._get_person_keys(values[row]) for row in looked_for}
        emails = {email for email, _phone in keys.values() if email}
        phones = {phone for _email, phone in keys.values() if phone}
        if not emails and not phones:
            return {}
        leads = self.env["crm.lead"].search(
            self._get_open_domain(self.company_id)
            & (
                Domain("email_normalized", "in", list(emails))
                | Domain("phone_sanitized", "in", list(phones))
            )
        )
        leads = leads._sort_by_confidence_level(reverse=True)
        by_email = leads.grouped("email_normalized")
        by_phone = leads.grouped("phone_sanitized")
        found = {}
        for row, (email, phone) in keys.items():
            same = (email and by_email.get(email)) or (phone and by_phone.get(phone))
            if same:
                found[row] = same[0]
        return found

    @api.model
    def _get_open_domain(self, company):
        """Open leads of the company, but for those that only test."""
        return (
            self._get_company_domain(company)
            & Domain("active", "=", True)
            & Domain("won_status", "=", "pending")
            & Domain("meta_submission_ids", "not any", [("test_only", "=", True)])
        )

    @api.model
    def _get_company_domain(self, company):
        """Leads of the company.

        Odoo takes the company off a lead that has neither salesperson nor a team with
        a company; such a lead is the company's where its submissions are, or where
        there is no other company.
        """
        own = Domain("company_id", "=", company.id)
        homeless = Domain("company_id", "=", False)
        if self.env["res.company"].search_count([], limit=2) > 1:
            homeless &= Domain("meta_submission_ids.company_id", "=", company.id)
        return own | homeless

    def _join(self, lead, said):
        """Add a submission to a lead that is there; a note tells what was said.

        Nothing that stands on the lead is overwritten. Only a no to Meta counts at
        once, and a yes where nothing was known.

        :param lead: the ``crm.lead``
        :param dict said: what the person said, as values of a lead
        """
        self.ensure_one()
        self.lead_id = lead
        self._hand_on_consent(lead, said["meta_consent"])
        silent = self.env.context.get("mail_auto_subscribe_no_notify")
        # As for new leads: no mail server is waited for here.
        lead.with_context(mail_notify_force_send=False).message_post(
            body=self._prepare_join_note(lead, said),
            partner_ids=[] if silent else lead.user_id.partner_id.ids,
        )

    def _hand_on_consent(self, lead, said):
        """Note on a lead that is there what was said about Meta: a no wins."""
        consents = [lead.meta_consent or consent.UNKNOWN, said]
        if consent.strictest(consents) != lead.meta_consent:
            lead.meta_consent = consent.strictest(consents)

    def _prepare_join_note(self, lead, said):
        """HTML: which form was sent, and what was said that is not on the lead."""
        said = dict(said)
        for name, value in said.pop("lead_properties", {}).items():
            said[PROPERTY + name] = value
        notes = said.pop(NOTES)
        # The check boxes are among the notes.
        del said[CONSENT]
        if said["name"] == self._prepare_title({**said, "name": None}):
            # Nobody said it: it is the form's name and the person's.
            del said["name"]
        news = []
        for name, value in said.items():
            # A no and a zero are answers.
            if value in (None, "", []):
                continue
            change = self._plan_field(name, value, None)
            if change:
                words = self._in_words_of(name, change.new) or (
                    self.env._("no") if value is False else str(value)
                )
                news.append((self._label_of(name), words))
        return (
            Markup("<p>%s</p>")
            % self.env._(
                "The same person sent a form at Meta: “%(form)s”, Meta lead ID %(id)s.",
                form=self.form_id.name or self.page_id.name,
                id=self.meta_id,
            )
            + (self._prepare_notes(news) or Markup())
            + (notes or Markup())
        )
