import hashlib

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..protocol import customer, user_data
from ..protocol import event as capi_event

#: Keys of customer information that a dataset has a switch for.
SWITCHES = (
    "em",
    "ph",
    "fn",
    "ln",
    "ct",
    "st",
    "zp",
    "country",
    "fbc",
    "fbp",
    "client_ip_address",
    "client_user_agent",
)
#: Fields that a key may be read from, of the lead or of its contact.
MAPPABLE = [("model", "in", ("crm.lead", "res.partner")), ("store", "=", True)]
BIRTH_DATE_FIELDS = [*MAPPABLE, ("ttype", "=", "date")]
GENDER_FIELDS = [*MAPPABLE, ("ttype", "in", ("selection", "char"))]
#: The key of customer information that each mapped field stands for.
MAPPED_FIELDS = {"db": "birth_date_field_id", "ge": "gender_field_id"}

#: Meta's code of the country where it knows states.
UNITED_STATES = 1


class MetaCapiDataset(models.Model):
    """What of a person a dataset is told, and how Meta may use it."""

    _inherit = "meta.capi.dataset"

    customer_data = fields.Selection(
        [("keys", "Customer keys"), ("lead_id", "Meta lead ID only")],
        "Customer data",
        required=True,
        default="keys",
        tracking=True,
        help="Customer keys: with the Meta lead ID go the keys switched on below, each "
        "where it is known. They let Meta match events that the ID alone does not.\n"
        "Meta lead ID only: nothing else of the person leaves Odoo; of a chat, Meta's "
        "IDs of the account and of who wrote.",
    )
    send_em = fields.Boolean("E-mail (em)", default=True, tracking=True)
    send_ph = fields.Boolean("Phone (ph)", default=True, tracking=True)
    send_fn = fields.Boolean("First name (fn)", default=True, tracking=True)
    send_ln = fields.Boolean("Last name (ln)", default=True, tracking=True)
    send_ct = fields.Boolean("City (ct)", default=True, tracking=True)
    send_st = fields.Boolean("State (st)", default=True, tracking=True)
    send_zp = fields.Boolean("ZIP (zp)", default=True, tracking=True)
    send_country = fields.Boolean("Country (country)", default=True, tracking=True)
    send_fbc = fields.Boolean(
        "Click ID (fbc)",
        default=True,
        tracking=True,
        help="Never hashed. Known only of leads that came from a website form.",
    )
    send_fbp = fields.Boolean(
        "Browser ID (fbp)",
        default=True,
        tracking=True,
        help="Never hashed. Known only of leads that came from a website form.",
    )
    send_client_ip_address = fields.Boolean(
        "IP address (client_ip_address)",
        default=True,
        tracking=True,
        help="Never hashed. Known only of leads that came from a website form.",
    )
    send_client_user_agent = fields.Boolean(
        "Browser (client_user_agent)",
        default=True,
        tracking=True,
        help="Never hashed. Known only of leads that came from a website form.",
    )
    birth_date_field_id = fields.Many2one(
        "ir.model.fields",
        "Birth date (db)",
        ondelete="set null",
        domain=BIRTH_DATE_FIELDS,
        tracking=True,
        help="The date field of the lead or of its contact that holds the person's "
        "birth date. Empty: not sent.",
    )
    gender_field_id = fields.Many2one(
        "ir.model.fields",
        "Gender (ge)",
        ondelete="set null",
        domain=GENDER_FIELDS,
        tracking=True,
        help="The field of the lead or of its contact that holds the person's gender. "
        "Meta knows female and male only; everything else is left out. "
        "Empty: not sent.",
    )
    external_id_source = fields.Selection(
        [
            ("contact", "Odoo's ID of the contact"),
            ("reference", "Reference of the contact"),
            ("lead", "Odoo's ID of the lead"),
        ],
        "External ID (external_id)",
        tracking=True,
        help="Your own ID of the person, for Meta to recognise the person in all that "
        "you send. Worth it only if your pixel sends the very same text.\n"
        "Empty: not sent. A lead without a contact, or a contact without a "
        "reference, goes without.",
    )
    external_id_form = fields.Selection(
        [("plain", "As it is"), ("sha256", "SHA-256")],
        "Form of the external ID",
        required=True,
        default="sha256",
        tracking=True,
        help="Take the form that your pixel uses: Meta does not know one by the "
        "other. SHA-256 is taken of the text in lower case without blanks.",
    )
    external_id_example = fields.Char(
        "Example",
        compute="_compute_external_id_example",
        help="What Meta gets as external ID of a lead, by these settings.",
    )
    limited_data_use = fields.Selection(
        [
            ("off", "Off"),
            ("geolocate", "On, let Meta geolocate"),
            ("state", "On, for one US state"),
        ],
        required=True,
        default="off",
        tracking=True,
        help="Meta then uses the events as a service provider under the privacy laws "
        "of US states.\n"
        "Meta geolocates by the IP address: leads of instant forms have none, so "
        "choose a state where you know it.",
    )
    limited_data_use_state = fields.Selection(
        [
            ("1000", "California"),
            ("1001", "Colorado"),
            ("1002", "Connecticut"),
            ("1003", "Florida"),
            ("1004", "Oregon"),
            ("1005", "Texas"),
            ("1006", "Montana"),
            ("1007", "Delaware"),
            ("1008", "Nebraska"),
            ("1009", "New Hampshire"),
            ("1010", "New Jersey"),
            ("1011", "Minnesota"),
            ("1012", "Maryland"),
            ("1013", "Rhode Island"),
        ],
        "State of Limited Data Use",
        tracking=True,
        help="The state of the United States whose law limits the use.",
    )

    @api.depends("external_id_source", "external_id_form")
    def _compute_external_id_example(self):
        for dataset in self:
            example = False
            if dataset.external_id_source:
                reference = dataset.external_id_source == "reference"
                example = dataset._get_external_id_format().format(
                    "C0042" if reference else 42
                )
                if dataset.external_id_form == "sha256":
                    hashed = user_data.hashed("external_id", example)
                    example = f"{example} → {hashed}"
            dataset.external_id_example = example

    @api.constrains("limited_data_use", "limited_data_use_state")
    def _check_limited_data_use(self):
        for dataset in self:
            if dataset.limited_data_use == "state" and (
                not dataset.limited_data_use_state
            ):
                raise ValidationError(
                    self.env._("Choose the state for Limited Data Use.")
                )

    @api.constrains("birth_date_field_id")
    def _check_birth_date_field(self):
        for dataset in self:
            dataset._check_mapped(
                dataset.birth_date_field_id,
                BIRTH_DATE_FIELDS,
                self.env._("Birth date"),
            )

    @api.constrains("gender_field_id")
    def _check_gender_field(self):
        for dataset in self:
            dataset._check_mapped(
                dataset.gender_field_id, GENDER_FIELDS, self.env._("Gender")
            )

    def _check_mapped(self, field, allowed, what):
        """Nobody has a field sent to Meta that they may not read themselves."""
        if not field:
            return
        if not field.filtered_domain(allowed) or not self._may_read(field):
            raise ValidationError(
                self.env._(
                    "%(what)s: it cannot be read from the field “%(field)s”.",
                    what=what,
                    field=field.field_description,
                )
            )

    @api.model
    def _may_read(self, field):
        # Constraints run with full rights: those that count are the user's own.
        model = self.env[field.model].with_user(self.env.uid)
        return model._has_field_access(model._fields[field.name], "read")

    def _get_customer_choice(self):
        """What of a person this dataset is told.

        :rtype: protocol.customer.Choice
        """
        self.ensure_one()
        left_out = {key for key in SWITCHES if not self[f"send_{key}"]}
        if not self.external_id_source:
            left_out.add("external_id")
        return customer.Choice(
            left_out=frozenset(left_out),
            lead_id_only=self.customer_data == "lead_id",
            plain_external_id=self.external_id_form == "plain",
        )

    def _get_external_id_format(self):
        """How the raw external ID is made of the number or text that it stands for.

        Ids of Odoo carry a sign of the database: two databases that share a dataset
        must not call two people by one name.

        :return: a format with one place
        :rtype: str
        """
        self.ensure_one()
        if self.external_id_source not in ("contact", "lead"):
            return "{}"
        parameters = self.env["ir.config_parameter"].sudo()
        database = parameters.get_param("database.uuid") or ""
        sign = hashlib.sha256(database.encode()).hexdigest()[:8]
        return f"{sign}-{self.external_id_source}-{{}}"

    def _get_data_processing(self):
        """The parts of each event that limit Meta's use of it; empty when off.

        :rtype: dict
        """
        self.ensure_one()
        if self.limited_data_use == "off":
            return {}
        if self.limited_data_use == "geolocate":
            return capi_event.limited_data_use()
        return capi_event.limited_data_use(
            UNITED_STATES, int(self.limited_data_use_state)
        )
