from odoo import fields, models

from ..protocol import installs
from ..protocol import words as english
from ..protocol.text import scalar_text
from .meta_connection_extension import USED

UNINSTALLED = "extension_uninstalled"

NO_PAGE = english._lt("No Page was chosen in Meta's window, so no lead comes in.")
NO_DATASET = english._lt(
    "No dataset was chosen in Meta's window, so no event can be sent."
)
LACKS = {"page": NO_PAGE, "dataset": NO_DATASET}
OTHER_DATASET = english._lt(
    "The dataset %(name)s is not the one that is installed at Meta. Stop and archive "
    "it, or choose on each Page and form which dataset its leads report to."
)
PAGES_UNREAD = english._lt(
    "Meta did not give the list of Pages to its end: some may be missing."
)


class MetaConnection(models.Model):
    """What came back from Meta, as Pages, dataset and features."""

    _inherit = "meta.connection"

    def _store_login(self, entry, token, facts):
        """Connect a business that was in Meta's window.

        :return: English words about it
        :rtype: str
        """
        # Again: the other entry point may have been connected meanwhile.
        self._check_business(facts.install)
        self.write({"made_by": "extension", "access_token": token, USED[entry]: True})
        return self._store_facts(facts)

    def _store_facts(self, facts):
        """Make what Odoo has like what Meta says.

        :param facts: ``meta_connection_extension_login.Facts``
        :return: English words about it
        :rtype: str
        """
        install = facts.install
        self.write(
            {
                "extension_state": "connected",
                "business_id": install.business_id or self.business_id,
                "extension_read_at": fields.Datetime.now(),
            }
        )
        self._keep_features(install, facts.config)
        used = [entry for entry, name in USED.items() if self[name]]
        words = [LACKS[lack] for lack in installs.missing(install, used)]
        words += self._keep_extension_pages(facts)
        words += self._keep_extension_dataset(facts)
        self.extension_missing = "\n".join(words) or False
        self._clear_alarms(UNINSTALLED)
        self.dataset_ids._resume()
        done = english._lt("Connected with the business portfolio %(id)s.")
        return "\n".join([done % {"id": self.business_id}, *words])

    def _keep_features(self, install, config):
        known = {row.instance_id: row for row in self.feature_ids}
        for feature in install.features:
            values = {
                "kind": feature.kind,
                "name": feature.name,
                "assets": ", ".join(
                    f"{name} {value}" for name, value in feature.assets.items()
                ),
                **self.feature_ids._prepare_config(config.get(feature.instance_id)),
            }
            row = known.pop(feature.instance_id, None)
            if row:
                row.write(values)
            else:
                key = {"connection_id": self.id, "instance_id": feature.instance_id}
                self.feature_ids.create({**values, **key})
        self.feature_ids.browse(row.id for row in known.values()).unlink()

    def _keep_extension_pages(self, facts):
        """Add and renew the Pages that were given; returns words about the others."""
        nodes = {scalar_text(node.get("id")): node for node in facts.pages}
        new, kept, foreign = self._keep_pages(facts.pages)
        for page in kept:
            # A token that was made by an earlier login died with it.
            page.access_token = scalar_text(nodes[page.meta_id].get("access_token"))
        if new:
            self.env.ref("meta_crm_capi.ir_cron_catch_up").sudo()._trigger()
        words = [] if facts.is_pages_whole else [PAGES_UNREAD]
        given = facts.install.page_ids
        for page_id in given:
            if page_id not in nodes:
                words.append(
                    english._lt(
                        "The Page %(id)s was chosen, but Meta does not let the system "
                        "user work with it."
                    )
                    % {"id": page_id}
                )
        for name in foreign:
            words.append(
                english._lt(
                    "The Page %(name)s was chosen, but another connection of this Odoo "
                    "has it."
                )
                % {"name": name}
            )
        if self.uses_lead_ads:
            for page in self.page_ids.filtered(lambda page: page.meta_id not in given):
                words.append(
                    english._lt("The Page %(name)s is not installed at Meta any more.")
                    % {"name": page.name}
                )
        return words

    def _keep_extension_dataset(self, facts):
        """Add the dataset that was given; returns words about what is in its way."""
        meta_id = facts.install.dataset_id
        if not meta_id:
            return []
        datasets = self.env["meta.capi.dataset"].with_context(active_test=False)
        known = datasets.search(
            [("meta_id", "=", meta_id), ("company_id", "=", self.company_id.id)]
        )
        if not known:
            datasets.create(
                {
                    "name": facts.dataset_name or meta_id,
                    "meta_id": meta_id,
                    "connection_id": self.id,
                    "owner_id": self.owner_id.id,
                }
            )
        elif known.connection_id != self:
            return [
                english._lt(
                    "The dataset %(name)s was chosen, but another connection of this "
                    "company has it."
                )
                % {"name": known.name}
            ]
        elif not known.active:
            return [
                english._lt("The dataset %(name)s was chosen, but is archived in Odoo.")
                % {"name": known.name}
            ]
        return [
            OTHER_DATASET % {"name": dataset.name}
            for dataset in self.dataset_ids
            if dataset.meta_id != meta_id
            and dataset.kind == "crm"
            and not dataset.has_access_token
        ]
