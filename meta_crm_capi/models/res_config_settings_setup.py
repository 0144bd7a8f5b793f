from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    """The few switches of Meta's that matter, for the current company."""

    _inherit = "res.config.settings"

    meta_setup_words = fields.Char(
        "Meta setup",
        compute="_compute_meta_setup_words",
        help="How far the setup of this company is.",
    )
    meta_has_connection = fields.Boolean(
        "Has a connection to Meta", compute="_compute_meta_setup_words"
    )
    meta_has_dataset = fields.Boolean(
        "Has a dataset at Meta", compute="_compute_meta_setup_words"
    )
    meta_send_at_once = fields.Boolean(
        "Send to Meta at once",
        help="Meta hears of a move within seconds. Without it, within about a minute "
        "and at no cost to the save. For all connections of this company.",
    )
    meta_report_lost = fields.Boolean(
        "Report lost leads to Meta",
        help="Tell Meta which leads were lost: ads can learn from it. For all datasets "
        "of this company; the same as the line “Lost” of their mapping.",
    )

    @api.model
    def _get_meta_records(self, model):
        """This company's connections or datasets; whoever changes settings may."""
        return self.env[model].sudo().search([("company_id", "=", self.env.company.id)])

    @api.depends("company_id")
    def _compute_meta_setup_words(self):
        connections = self._get_meta_records("meta.connection")
        datasets = self._get_meta_records("meta.capi.dataset")
        for settings in self:
            settings.meta_has_connection = bool(connections)
            settings.meta_has_dataset = bool(datasets)
            settings.meta_setup_words = self._describe_meta_setup(connections)

    @api.model
    def _describe_meta_setup(self, connections):
        if not connections:
            return self.env._("Not connected yet.")
        if len(connections) > 1:
            return self.env._("Connections of this company: %s.", len(connections))
        steps = connections.setup_steps
        left = [step["name"] for step in steps if step["state"] != "done"]
        if not left:
            return self.env._("Everything is set up.")
        return self.env._(
            "Steps that are done: %(done)s of %(all)s. Left: %(left)s.",
            done=len(steps) - len(left),
            all=len(steps),
            left=", ".join(left),
        )

    @api.model
    def _get_meta_switches(self):
        """What the switches show: on where all are on."""
        connections = self._get_meta_records("meta.connection")
        datasets = self._get_meta_records("meta.capi.dataset")
        return {
            "meta_send_at_once": bool(connections)
            and all(connections.mapped("send_at_once")),
            "meta_report_lost": bool(datasets) and all(datasets.mapped("report_lost")),
        }

    @api.model
    def get_values(self):
        return {**super().get_values(), **self._get_meta_switches()}

    def set_values(self):
        # Only what was switched: where they differ, saving something else must not
        # make them alike.
        before = self._get_meta_switches()
        result = super().set_values()
        if self.meta_send_at_once != before["meta_send_at_once"]:
            connections = self._get_meta_records("meta.connection")
            connections.send_at_once = self.meta_send_at_once
        if self.meta_report_lost != before["meta_report_lost"]:
            for dataset in self._get_meta_records("meta.capi.dataset"):
                dataset.report_lost = self.meta_report_lost
        return result
