from odoo import fields, models


class MetaCapiRule(models.Model):
    _inherit = "meta.capi.rule"

    step = fields.Selection(
        selection_add=[("met", "Met in person")], ondelete={"met": "cascade"}
    )


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        """A meeting with a lead that is marked as done is a step of the lead."""
        meetings = self.filtered(
            lambda activity: (
                activity.res_model == "crm.lead"
                and activity.activity_type_id.category == "meeting"
            )
        )
        leads = self.env["crm.lead"].browse(meetings.mapped("res_id"))
        done = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        leads._report_meta_step("met")
        return done
