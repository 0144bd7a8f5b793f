"""Every field that a screen shows says what it is for, or needs no word."""

from lxml import etree

from odoo.addons.base.tests.common import BaseCommon

#: Fields whose label, or place on the screen, says all there is to say.
SELF_EVIDENT = frozenset(
    """
    active company_id connection_id create_date dataset_id form_id lead_id name page_id
    stage_id team_id user_id submission_id file_name source state
    line_number checked_at submitted_at
    ad_id ad_name adset_id adset_name campaign_id campaign_name
    meta_ad_name meta_adset_name meta_campaign_name meta_form_name
    meta_event_ids meta_submission_ids health_finding_ids
    has_access_token has_app_secret old_meta_id sequence progress next_try_at
    send_country send_ct send_em send_fn send_ln send_ph send_st send_zp
    cure meaning message reason standstill trouble words event_name
    """.split()
)


class TestHelpTexts(BaseCommon):
    def shown(self):
        """``{(model, field)}`` of all fields of ours that our views show."""
        found = set()
        ours = self.env["ir.model.data"].search(
            [("module", "=", "meta_crm_capi"), ("model", "=", "ir.ui.view")]
        )
        for view in self.env["ir.ui.view"].browse(ours.mapped("res_id")):
            if view.model not in self.env:
                continue
            arch = etree.fromstring(view.arch)
            for node in arch.iter("field"):
                if node.get("invisible") in ("1", "True"):
                    continue
                if node.get("column_invisible") in ("1", "True"):
                    continue
                # Only read for the cards, which say themselves what they show.
                parent = node.getparent()
                if parent is not None and parent.tag == "kanban":
                    continue
                model = self.env[view.model]
                for parent in reversed(list(node.iterancestors("field"))):
                    field = model._fields.get(parent.get("name"))
                    if field is None or not field.comodel_name:
                        model = None
                        break
                    model = self.env[field.comodel_name]
                if model is None:
                    continue
                field = model._fields.get(node.get("name"))
                if field is not None and self.is_ours(model, field):
                    found.add((model._name, field.name))
        return found

    def is_ours(self, model, field):
        return "meta_crm_capi" in (field._modules or ()) and (
            model._name.startswith("meta.") or field.name.startswith("meta_")
        )

    def test_every_shown_field_has_a_help_text_or_needs_none(self):
        bare = sorted(
            f"{model}.{name}"
            for model, name in self.shown()
            if not self.env[model]._fields[name].help and name not in SELF_EVIDENT
        )
        self.assertEqual(bare, [], "\n".join(bare))
