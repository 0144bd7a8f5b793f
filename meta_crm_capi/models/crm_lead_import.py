from odoo import models
from odoo.exceptions import UserError


class CrmLead(models.Model):
    """Imported Meta lead ids are judged row by row.

    What fails while records are made, Odoo's import blames on the first row of the
    batch; what fails while rows are read, it tells of the row itself.
    """

    _inherit = "crm.lead"

    def _convert_records(self, records, *, log=lambda message: None, savepoint):
        taken = set()
        for row in super()._convert_records(records, log=log, savepoint=savepoint):
            lead_id, xml_id, values, info = row
            text = (values.get("meta_lead_id") or "").strip()
            if text:
                lead = self.browse(lead_id or None)
                if xml_id and "." in xml_id:
                    known = self.env.ref(xml_id, raise_if_not_found=False)
                    lead = known if known and known._name == self._name else lead
                try:
                    taken.add(self._read_imported_meta_id(lead, text, taken))
                except UserError as error:
                    log(
                        {
                            **info,
                            "type": "error",
                            "field": "meta_lead_id",
                            "message": str(error),
                        }
                    )
                    # Told already: it must not fail once more for the whole batch.
                    del values["meta_lead_id"]
            yield row

    def _read_imported_meta_id(self, lead, text, taken):
        """The Meta lead id of one row of an import.

        :param set taken: those of the rows before
        :raise UserError: when this row must not have it
        """
        self.env["meta.connection"]._check_administrator()
        meta_id = self.env["meta.lead.submission"].sudo()._read_typed(lead, text)
        if meta_id in taken:
            raise UserError(
                self.env._("The Meta lead ID %s is in this file before.", meta_id)
            )
        return meta_id
