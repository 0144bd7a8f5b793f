from odoo import api, fields, models

from ..protocol import words as english
from . import queue
from .meta_lead_policy_mixin import NEW

#: Why a lead of an import is parked.
AMBIGUOUS = english._lt("Several leads in Odoo may be this one.")


class MetaLeadSubmission(models.Model):
    """Leads of an import: attached to existing leads, or made in silence."""

    _inherit = "meta.lead.submission"

    import_id = fields.Many2one(
        "meta.lead.import",
        "Lead import",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        groups="meta_crm_capi.group_meta_administrator",
    )
    is_attached = fields.Boolean(
        "Attached",
        readonly=True,
        help="The lead was in Odoo before and only got the Meta lead ID.",
    )

    is_joined = fields.Boolean(
        "Added to an open lead",
        readonly=True,
        help="The import added it to a lead of the same person, as the policy says.",
    )
    is_made_new = fields.Boolean(
        "New lead chosen",
        readonly=True,
        help="A person chose that it becomes a lead of its own, whatever the policy "
        "for the same person says.",
    )
    is_unassigned = fields.Boolean(
        "Not assigned",
        readonly=True,
        help="It came by an import that assigns nobody.",
    )

    def _create_leads(self, read, forms):
        imported = [pair for pair in read if pair[0].import_id]
        if imported:
            self._learn_forms(imported, forms)
            settled = self._settle_matches(imported)
            read = [pair for pair in read if pair[0] not in settled]
        return super()._create_leads(read, forms)

    def _settle_matches(self, read):
        """Attach what matches an existing lead; park what must be chosen first.

        Attaching reports nothing to Meta by itself, however young the lead is: when
        the steps that it has made were made is not known here, and another tool may
        have reported them. Its next step is reported, with those that are still to be
        filled in.

        :param list read: ``(submission, lead node)`` pairs of imports
        :return: those that need no lead
        :rtype: meta.lead.submission
        """
        rows = self.browse(row.id for row, _node in read)
        lines = self.env["meta.lead.import.line"].search(
            [
                ("import_id", "in", rows.import_id.ids),
                ("key", "in", rows.mapped("meta_id")),
                "|",
                ("kind", "in", ("attach", "ambiguous")),
                ("is_decided", "=", True),
            ]
        )
        found = {(line.import_id, line.key): line for line in lines}
        settled = self.browse()
        for row, node in read:
            line = found.get((row.import_id, row.meta_id))
            if line and line.kind == "ambiguous":
                row._park(AMBIGUOUS, "ambiguous")
                settled += row
            elif line and line.kind == "attach" and line.lead_id:
                row._attach(line.lead_id, node)
                settled += row
            row.is_made_new = bool(line and line.is_decided and line.kind == "create")
        return settled

    def _get_person_policy(self):
        """A choice for this very lead goes before what holds for all."""
        return NEW if self.is_made_new else super()._get_person_policy()

    def _join(self, lead, said):
        if self.import_id:
            self.is_joined = True
        return super()._join(lead, said)

    def _attach(self, lead, node):
        """Give an existing lead this Meta lead, and what was said about Meta."""
        try:
            with self.env.cr.savepoint():
                self.write(
                    {
                        **self._prepare_done(node),
                        "lead_id": lead.id,
                        "is_attached": True,
                    }
                )
                self._hand_on_consent(lead, self._read_consent(node))
        except Exception as error:
            if queue.is_conflict(error):
                raise
            self._try_later(
                english._lt("Odoo could not attach it to the lead: %(name)s")
                % {"name": type(error).__name__}
            )

    @api.model
    def _find_typed(self, run, meta_ids):
        """Those of these ids that a person typed, or imported with a lead."""
        return self.search(
            [
                ("meta_id", "in", meta_ids),
                ("company_id", "=", run.company_id.id),
                ("state", "=", "done"),
                ("page_meta_id", "=", False),
                ("lead_id", "!=", False),
            ]
        )

    @api.model
    def _complete_typed(self, run, nodes):
        """Add what Meta knows to ids that a person typed: form, ad, time, answers.

        Only then their leads' steps go where the form's do, and none before its time.
        """
        given = {str(node.get("id")): node for node in nodes}
        nodes = {row: given[row.meta_id] for row in self._find_typed(run, list(given))}
        for row, node in list(nodes.items()):
            try:
                values = row._prepare_done(node)
            except ValueError:
                del nodes[row]
                continue
            row.write(
                {
                    **values,
                    "connection_id": run.page_id.connection_id.id,
                    "page_id": run.page_id.id,
                    "page_meta_id": run.page_id.meta_id,
                    "import_id": run.id,
                    "is_attached": True,
                }
            )
        if nodes:
            self._learn_forms(list(nodes.items()), {})
            self.browse(row.id for row in nodes)._keep_answers(nodes)
        for row, node in nodes.items():
            row._hand_on_consent(row.lead_id, row._read_consent(node))

    def _create_leads_together(self, read):
        """Leads of an import are made with what its switches say."""
        groups = {}
        for row, node in read:
            groups.setdefault(row.import_id, []).append((row, node))
        others = groups.pop(self.env["meta.lead.import"], [])
        for run, pairs in groups.items():
            context = run._get_lead_context()
            super(
                MetaLeadSubmission, self.with_context(**context)
            )._create_leads_together(
                [(row.with_context(**context), node) for row, node in pairs]
            )
        return super()._create_leads_together(others) if others else None

    def _prepare_values(self, nodes):
        said, values = super()._prepare_values(nodes)
        for row in self:
            if row.is_unassigned:
                values[row].update(user_id=False, meta_is_unassigned=True)
        return said, values


class MetaLeadImport(models.Model):
    _inherit = "meta.lead.import"

    def _get_lead_context(self):
        """The context in which leads of this import are made."""
        context = {}
        if self.is_silent:
            # No "lead created" to followers of the team, no "assigned to you"; who is
            # responsible still follows the lead, for what comes later.
            context.update(
                mail_create_nolog=True,
                mail_auto_subscribe_no_notify=True,
                mail_notrack=True,
            )
        if self.is_unassigned:
            context["meta_unassigned"] = True
        return context
