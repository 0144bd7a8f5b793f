"""The set-up of the tests of the funnel-stage mapping."""

from .common import MetaCase


class MappingCase(MetaCase):
    def make_dataset(self, meta_id="500000000000002", **vals):
        return self.env["meta.capi.dataset"].create(
            {
                "name": "Another",
                "meta_id": meta_id,
                "connection_id": self.connection.id,
                **vals,
            }
        )

    def make_rule(self, **vals):
        return self.env["meta.capi.rule"].create(
            {"dataset_id": self.dataset.id, "stage_id": self.new.id, **vals}
        )

    def make_stage(self, name, sequence=5, **vals):
        return self.env["crm.stage"].create(
            {"name": name, "sequence": sequence, **vals}
        )

    def offered(self, *stages):
        """The event names that a fresh dataset gets for these stages."""
        dataset = self.make_dataset()
        dataset.action_map_pipeline()
        names = {rule.stage_id: rule.event_name for rule in dataset.rule_ids}
        return [names.get(stage) for stage in stages]
