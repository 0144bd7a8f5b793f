import hashlib
import time
import uuid

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS

from ..protocol import batch, funnel, health, health_sending, redact, user_data
from ..protocol import event as capi_event
from .meta_capi_dataset_kind import MESSAGING
from .meta_health_finding import LEVELS
from .words import Words

#: Stands for the person of a test event where Meta has no test lead: nobody's address,
#: of a domain that is reserved for examples.
NOBODY = "nobody@example.com"
#: What a test event is worth whose name Meta refuses without a value.
TEST_VALUE = 1


class MetaCapiDataset(models.Model):
    """What Meta says when its token is tried: by reading, and by a test event.

    Both are kept with a stamp of the ID and token that they tell of, so that an answer
    to an earlier token is no answer.
    """

    _inherit = "meta.capi.dataset"

    checked_at = fields.Datetime("Token checked", readonly=True, copy=False)
    check_level = fields.Selection(LEVELS, "Token check", readonly=True, copy=False)
    check_words = Words("Token check: finding", readonly=True, copy=False)
    check_cure = Words("Token check: what to do", readonly=True, copy=False)
    check_stamp = fields.Char(
        "Checked with these settings", groups=NO_ACCESS, copy=False
    )
    tested_at = fields.Datetime("Test event sent", readonly=True, copy=False)
    test_level = fields.Selection(
        LEVELS,
        "Test event",
        readonly=True,
        copy=False,
        help="How the last test event fared.",
    )
    test_words = Words("Test event: finding", readonly=True, copy=False)
    test_cure = Words("Test event: what to do", readonly=True, copy=False)
    test_stamp = fields.Char("Tested with these settings", groups=NO_ACCESS, copy=False)

    def action_check(self):
        """Ask Meta what the token may read of the dataset and say it in words."""
        self.ensure_one()
        self.check_access("write")
        finding = self.sudo()._check()
        kinds = {health.OK: "success", health.BROKEN: "danger"}
        return self.env["meta.connection"]._notify(
            " ".join(filter(None, [finding.words, finding.cure])),
            kinds.get(finding.level, "warning"),
        )

    def action_test(self):
        """Open the dialog that sends a test event."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "meta_crm_capi.meta_capi_test_event_action"
            ),
            "context": {"default_dataset_id": self.id},
        }

    def _check(self):
        """Ask Meta for the dataset, log it, and keep what it says.

        :rtype: protocol.health.Finding
        :raise UserError: when there is nothing to ask with
        """
        self.ensure_one()
        with self._get_client() as graph:
            result = graph.read_dataset(self.meta_id)
        self.env["meta.sync.log"]._add_check(self, result, asked="Dataset")
        finding = health_sending.dataset(result, counts_chats=self.kind == MESSAGING)
        return self._keep_finding("check", finding)

    def _send_test(self, code):
        """Send one event to the Test events tab of the dataset.

        It is about a test lead of Meta's tool, or else about nobody: Meta processes
        test events like real ones, and no real lead is to be told of twice.

        :param str code: of Events Manager > Test events
        :rtype: protocol.health.Finding
        :raise UserError: when there is nothing to send with, or no usable code
        """
        self.ensure_one()
        try:
            body = batch.body(
                [capi_event.encode(self._build_test())],
                partner_agent=self.connection_id.partner_agent or None,
                test_event_code=code,
            )
        except ValueError as error:
            raise UserError(
                self.env._("The test event cannot be sent: %s", error)
            ) from error
        with self._get_client() as graph:
            result = graph.send_events(self.meta_id, body)
        self.env["meta.sync.log"]._add(
            "events",
            result,
            connection=self.connection_id,
            company=self.company_id,
            dataset=self,
            event_count=1,
        )
        return self._keep_finding("test", health_sending.sample(result))

    def _build_test(self):
        """The test event: the raw lead's, with an ID of its own.

        :rtype: dict
        """
        name = self._get_test_name()
        lead_id = self._find_test_lead().meta_id
        worth = {}
        if name in capi_event.STANDARD_EVENTS_WITH_VALUE:
            worth = {"value": TEST_VALUE, "currency": self.company_id.currency_id.name}
        return capi_event.build(
            event_name=name,
            event_time=int(time.time()),
            event_id=str(uuid.uuid4()),
            lead_id=lead_id or None,
            user_data={} if lead_id else {"em": [user_data.hashed("em", NOBODY)]},
            data_processing=self._get_data_processing(),
            **worth,
        )

    def _get_test_name(self):
        raw_leads = self.rule_ids.filtered(
            lambda rule: rule.active and rule.step == funnel.RAW_LEAD
        )
        no_stage = self.env["crm.stage"]
        return raw_leads[:1].event_name or self._get_default_event_name(
            funnel.RAW_LEAD, no_stage
        )

    def _find_test_lead(self):
        """The newest lead of Meta's testing tool that came in."""
        return self.env["meta.lead.submission"].search(
            [
                ("connection_id", "=", self.connection_id.id),
                ("is_test", "=", True),
                ("state", "in", ("done", "ignored")),
            ],
            order="id desc",
            limit=1,
        )

    def _keep_finding(self, kind, finding):
        """Keep a finding of the kind check or test as that of today's ID and token."""
        finding = finding._replace(
            words=redact.redact(finding.words), cure=redact.redact(finding.cure)
        )
        self.write(
            {
                f"{kind}ed_at": self.env.cr.now().replace(microsecond=0),
                f"{kind}_level": finding.level,
                f"{kind}_words": finding.words,
                f"{kind}_cure": finding.cure,
                f"{kind}_stamp": self._get_look_stamp(),
            }
        )
        return finding

    def _get_finding(self, kind):
        """What Meta said of today's ID and token; None when nobody asked.

        :param str kind: check or test
        :rtype: protocol.health.Finding or None
        """
        self.ensure_one()
        level = self[f"{kind}_level"]
        if not level or self[f"{kind}_stamp"] != self._get_look_stamp():
            return None
        return health.Finding(
            level, self[f"{kind}_words"] or "", self[f"{kind}_cure"] or ""
        )

    def _get_look_stamp(self):
        """Changes with whatever an answer about the token depends on."""
        parts = f"{self.meta_id} {self._get_token_stamp()}"
        return hashlib.sha256(parts.encode()).hexdigest()
