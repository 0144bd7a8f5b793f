"""What happens in the demo: who connects what, who fills in forms, who drags cards."""

from __future__ import annotations

from typing import Any

from tests.fake_meta.control import FakeMetaControl

from .rpc import Session

APP = "1000000000000001"
APP_SECRET = "demo-app-secret"
SYSTEM_TOKEN = "demo-system-user-token"
PAGE = "110000000000001"
DATASET = "500000000000001"
ENGLISH_FORM = "220000000000001"
SPANISH_FORM = "220000000000002"
REP, REP_PASSWORD = "rep", "rep"

QUESTIONS = {
    ENGLISH_FORM: [
        {"key": "full_name", "label": "Full name", "type": "FULL_NAME"},
        {"key": "email", "label": "Email", "type": "EMAIL"},
        {"key": "phone_number", "label": "Phone number", "type": "PHONE"},
        {
            "key": "which_products?",
            "label": "Which products?",
            "type": "CUSTOM",
            "options": [
                {"key": "solar_panels", "value": "Solar panels"},
                {"key": "heat_pump", "value": "Heat pump"},
            ],
        },
        {"key": "budget?", "label": "Budget?", "type": "CUSTOM"},
    ],
    SPANISH_FORM: [
        {"key": "nombre_completo", "label": "Nombre completo", "type": "FULL_NAME"},
        {"key": "correo_electrónico", "label": "Correo electrónico", "type": "EMAIL"},
        {"key": "número_de_teléfono", "label": "Teléfono", "type": "PHONE"},
        {"key": "ciudad", "label": "Ciudad", "type": "CITY"},
    ],
}


def open_meta(meta: FakeMetaControl) -> None:
    """A business at Meta: an app, a Page with two forms, a CRM dataset, a token."""
    meta.add_app(APP, APP_SECRET)
    meta.add_page(PAGE, "Sunny Roofs")
    meta.add_form(ENGLISH_FORM, PAGE, "Spring offer", QUESTIONS[ENGLISH_FORM])
    meta.add_form(
        SPANISH_FORM,
        PAGE,
        "Oferta de primavera",
        QUESTIONS[SPANISH_FORM],
        locale="es_ES",
    )
    meta.add_dataset(DATASET, "CRM dataset")
    meta.add_token(
        SYSTEM_TOKEN,
        "system_user",
        app_id=APP,
        page_ids=[PAGE],
        dataset_ids=[DATASET],
    )


def connect(admin: Session, meta_url: str, odoo_url: str) -> dict[str, Any]:
    """What an administrator sets up in Odoo; returns the connection."""
    for key, value in {
        "meta_crm_capi.graph_url": meta_url,
        "web.base.url": odoo_url,
    }.items():
        admin("ir.config_parameter", "set_param", key, value)
    rep = admin.create(
        "res.users",
        {
            "name": "Robin Rep",
            "login": REP,
            "password": REP_PASSWORD,
            "email": "robin@example.com",
            "group_ids": [(4, admin.ref("sales_team.group_sale_salesman"))],
        },
    )
    connection = admin.create(
        "meta.connection",
        {
            "name": "Sunny Roofs",
            "app_id": APP,
            "app_secret": APP_SECRET,
            "access_token": SYSTEM_TOKEN,
            "send_at_once": True,
        },
    )
    page = admin.create(
        "meta.lead.page",
        {
            "name": "Sunny Roofs",
            "meta_id": PAGE,
            "connection_id": connection,
            "user_id": rep,
        },
    )
    for form_id, name in (
        (ENGLISH_FORM, "Spring offer"),
        (SPANISH_FORM, "Oferta de primavera"),
    ):
        admin.create(
            "meta.lead.form",
            {
                "name": name,
                "meta_id": form_id,
                "page_id": page,
                "question_ids": [
                    (0, 0, {**question, "options": options(question)})
                    for question in QUESTIONS[form_id]
                ],
            },
        )
    dataset = admin.create(
        "meta.capi.dataset",
        {"name": "CRM dataset", "meta_id": DATASET, "connection_id": connection},
    )
    admin("meta.capi.dataset", "action_map_pipeline", [dataset])
    admin("meta.lead.page", "action_subscribe", [page])
    fields = ["callback_url", "verify_token"]
    return admin("meta.connection", "read", [connection], fields)[0]


def options(question: dict[str, Any]) -> dict[str, str]:
    return {option["key"]: option["value"] for option in question.get("options", ())}


def fill_in_forms(meta: FakeMetaControl) -> dict[str, str]:
    """Five people fill in a form; returns ``{name: Meta lead id}``."""

    def person(name: str, number: int, **more: Any) -> dict[str, Any]:
        return {
            "full_name": name,
            "email": f"{name.split()[0].lower()}@example.com",
            "phone_number": f"+1202555010{number}",
            "which_products?": "solar_panels",
            "budget?": "10000",
            **more,
        }

    several = {"which_products?": ["solar_panels", "heat_pump"], "budget?": None}
    return {
        "Ana Acker": meta.create_lead(ENGLISH_FORM, person("Ana Acker", 1)),
        "Ben Bauer": meta.create_lead(
            ENGLISH_FORM, person("Ben Bauer", 2, **several), platform="ig"
        ),
        "Clara Costa": meta.create_lead(
            SPANISH_FORM,
            {
                "nombre_completo": "Clara Costa",
                "correo_electrónico": "clara@example.com",
                "número_de_teléfono": "+34612345678",
                "ciudad": "Sevilla",
            },
        ),
        "Dan Dahl": meta.create_lead(
            ENGLISH_FORM, person("Dan Dahl", 4), organic=True, ad=False
        ),
        "Eva Endo": meta.create_lead(ENGLISH_FORM, person("Eva Endo", 5)),
    }


def announce(meta: FakeMetaControl, callback_url: str, leads: dict[str, str]) -> None:
    """Meta's webhooks: the first twice, the next two in one POST, the rest alone."""
    first, second, third, *others = leads.values()
    statuses = [
        *meta.deliver(callback_url, APP, [first], times=2),
        *meta.deliver(callback_url, APP, [second, third], together=True),
        *meta.deliver(callback_url, APP, others),
    ]
    refused = [answer for answer in statuses if answer["status"] != 200]
    if refused:
        raise AssertionError(f"a webhook was not stored: {refused}")


def announce_one(meta: FakeMetaControl, callback_url: str, lead: str) -> None:
    """Meta's webhook for one lead."""
    (answer,) = meta.deliver(callback_url, APP, [lead])
    if answer["status"] != 200:
        raise AssertionError(f"a webhook was not stored: {answer}")


def check_leads(admin: Session, leads: dict[str, str]) -> None:
    """Each person is there with name, e-mail, phone, UTM and the answers in words."""
    fields = [
        *("contact_name", "email_from", "phone", "city", "description"),
        *("source_id", "medium_id", "campaign_id"),
    ]
    for name, meta_lead_id in leads.items():
        lead = admin("crm.lead", "read", [find(admin, meta_lead_id)], fields)[0]
        organic = name == "Dan Dahl"
        email = f"{name.split()[0].lower()}@example.com"
        expected = {
            "contact_name": lead["contact_name"] == name,
            "email_from": lead["email_from"] == email,
            "phone": str(lead["phone"]).startswith("+"),
            "source_id": lead["source_id"][1]
            == ("Instagram" if name == "Ben Bauer" else "Facebook"),
            "medium_id": lead["medium_id"][1]
            == ("Organic social" if organic else "Paid social"),
            "campaign_id": bool(lead["campaign_id"]) != organic,
            "city": (lead["city"] == "Sevilla") == (name == "Clara Costa"),
            "description": name == "Clara Costa"
            or "Solar panels" in str(lead["description"]),
        }
        wrong = {field: lead[field] for field, right in expected.items() if not right}
        if wrong:
            raise AssertionError(f"the lead of {name} has {wrong}")


def work_the_pipeline(rep: Session, leads: dict[str, str]) -> None:
    """A sales rep moves the cards by ordinary writes."""
    stages = [
        stage["id"]
        for stage in rep.search_read("crm.stage", [], ["name"], order="sequence, id")
    ]
    new, qualified, proposition, won = stages[0], stages[1], stages[2], stages[-1]

    def move(name: str, *targets: int) -> None:
        lead = find(rep, leads[name])
        for stage in targets:
            rep("crm.lead", "write", [lead], {"stage_id": stage})

    move("Ana Acker", qualified, proposition, won)
    move("Ben Bauer", won)
    rep("crm.lead", "action_set_lost", [find(rep, leads["Clara Costa"])])
    move("Dan Dahl", qualified, proposition, new)


def find(session: Session, meta_lead_id: str) -> int:
    """The id of the lead that a Meta lead became."""
    found = session(
        "crm.lead",
        "search",
        [("meta_lead_id", "=", meta_lead_id)],
        context={"active_test": False},
    )
    if len(found) != 1:
        raise AssertionError(f"Meta lead {meta_lead_id} became {len(found)} leads")
    return found[0]
