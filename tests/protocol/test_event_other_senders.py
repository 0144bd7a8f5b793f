"""Events in the shapes that other senders give them: shops, apps, tills, chats.

Made up, in the forms that Meta documents and that libraries and tag managers send.
What Meta would take has no problem; what it would not has one that names the field.
"""

import pytest
from protocol import event

from .test_event_problems import DAY, HASH, NOW, REMOVE, changed

PHONE_HASH = "d6736136ea896c1bfdc553e0e86e702c70d060d805696ca3e4e9e0961353860a"
AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
EXTINFO = [
    *("i2", "com.example.shop", "4.1", "4.1.2", "18.0", "iPhone16,1", "de_DE", "CET"),
    *("", "390", "844", "3", "6", "256", "128", "Europe/Berlin"),
]

SHOP = {
    "event_name": "Purchase",
    "event_time": NOW - 30,
    "event_id": "order-10017",
    "event_source_url": "https://shop.example.com/checkout/thanks?order=10017",
    "referrer_url": "https://shop.example.com/checkout",
    "action_source": "website",
    "opt_out": False,
    "data_processing_options": [],
    "user_data": {
        "em": [HASH],
        "ph": [PHONE_HASH],
        "external_id": ["customer-10017"],
        "client_ip_address": "2001:db8:85a3::8a2e:370:7334",
        "client_user_agent": AGENT,
        "fbc": "fb.1.1554763741205.AbCdEfGhIjKlMnOpQrStUvWxYz1234567890",
        "fbp": "fb.1.1596403881668.1116446470",
    },
    "custom_data": {
        "value": 142.52,
        "currency": "USD",
        "content_ids": ["SKU-1", "SKU-2"],
        "content_type": "product",
        "contents": [
            {"id": "SKU-1", "quantity": 1, "item_price": 100.0},
            {"id": "SKU-2", "quantity": 2, "item_price": 21.26},
        ],
        "num_items": 3,
        "order_id": "10017",
        "coupon": "SPRING",
    },
}
TILL = {
    "event_name": "Purchase",
    "event_time": NOW - 40 * DAY,
    "action_source": "physical_store",
    "user_data": {"em": HASH, "fn": [HASH], "ln": [HASH], "zp": [HASH], "ct": HASH},
    "custom_data": {"value": 19, "currency": "eur", "order_id": "till-3-991"},
}
WHATSAPP = {
    "event_name": "LeadSubmitted",
    "event_time": NOW - 600,
    "action_source": "business_messaging",
    "messaging_channel": "whatsapp",
    "user_data": {
        "whatsapp_business_account_id": "110000000000001",
        "ctwa_clid": "ARAkLkA8rmlFeiCktEJQ-QTwRiyYHAFDLMNDBH0CD3qpjd0HR4irJ6LEkR7JwFF4",
    },
}
MESSENGER = {
    **WHATSAPP,
    "event_name": "Purchase",
    "messaging_channel": "messenger",
    "user_data": {"page_id": 110000000000001, "page_scoped_user_id": "7200000000001"},
    "custom_data": {"value": 9.9, "currency": "BRL"},
}
INSTAGRAM = {
    **WHATSAPP,
    "messaging_channel": "instagram",
    "user_data": {"ig_account_id": "178000000000001", "ig_sid": "9800000000001"},
}
APP = {
    "event_name": "CompleteRegistration",
    "event_time": NOW - 5,
    "action_source": "app",
    "user_data": {"madid": "38400000-8cf0-11bd-b23e-10b96e40000d", "em": HASH},
    "app_data": {
        "advertiser_tracking_enabled": 1,
        "application_tracking_enabled": True,
        "extinfo": EXTINFO,
    },
}
CALL = {
    "event_name": "Schedule",
    "event_time": NOW - 6 * DAY,
    "action_source": "phone_call",
    "user_data": {"ph": PHONE_HASH},
}
SAMPLE = {
    "event_name": "Purchase",
    "event_time": NOW - 60,
    "action_source": "email",
    "user_data": {"em": [HASH], "ph": [None]},
    "attribution_data": {"attribution_share": "0.3"},
    "original_event_data": {"event_name": "Purchase", "event_time": NOW - 3600},
    "custom_data": {"currency": "USD", "value": "142.52"},
}
CRM_ELSEWHERE = {
    "event_name": "converted",
    "event_time": NOW - 3600,
    "action_source": "system_generated",
    "partner_agent": "partner_1_2",
    "user_data": {"lead_id": "3960271960958574"},
    "custom_data": {"event_source": "crm", "lead_event_source": "In-house CRM"},
}
LIMITED = {
    **SHOP,
    "data_processing_options": ["LDU"],
    "data_processing_options_country": 0,
    "data_processing_options_state": 0,
}
BASES = {
    "shop": SHOP,
    "till": TILL,
    "whatsapp": WHATSAPP,
    "messenger": MESSENGER,
    "instagram": INSTAGRAM,
    "app": APP,
    "call": CALL,
    "sample": SAMPLE,
    "crm": CRM_ELSEWHERE,
    "limited": LIMITED,
}

SOUND = [
    ("shop", {"event_name": "PageView", "custom_data": REMOVE}),
    ("shop", {"event_name": "ViewContent", "custom_data__value": REMOVE,
              "custom_data__currency": REMOVE}),
    ("shop", {"event_name": "AddToCart", "custom_data__contents": []}),
    ("shop", {"event_name": "MyOwnEvent", "custom_data__anything": {"a": [1]}}),
    ("shop", {"user_data__em": HASH, "user_data__external_id": HASH}),
    ("shop", {"user_data__em": HASH + ".AQYCAQEA"}),
    ("shop", {"user_data__fbc": "", "user_data__fbp": None}),
    ("shop", {"user_data__fbc": "not a click id"}),
    ("shop", {"user_data__subscription_id": "sub-1", "user_data__country": [HASH]}),
    ("shop", {"referrer_url": "", "event_id": REMOVE}),
    ("shop", {"custom_data__currency": "usd", "custom_data__value": 0}),
    ("shop", {"custom_data__content_ids": [10017, "SKU-2"]}),
    ("shop", {"custom_data__content_type": "product_group"}),
    ("shop", {"custom_data__predicted_ltv": 800.5, "custom_data__status": "paid"}),
    ("shop", {"customer_segmentation": "existing_customer_to_product_area"}),
    ("shop", {"custom_data__customer_segmentation": "new_customer_to_business"}),
    ("shop", {"original_event_data": {"event_name": "Purchase", "order_id": "1"}}),
    ("shop", {"event_source_url": "HTTP://shop.example.com"}),
    ("till", {"event_time": NOW - 62 * DAY}),
    ("till", {"event_name": "Lead", "custom_data": REMOVE}),
    ("whatsapp", {"user_data__whatsapp_business_account_id": REMOVE,
                  "user_data__page_id": "110000000000001"}),
    ("whatsapp", {"event_name": "QualifiedLead"}),
    ("instagram", {"user_data__ig_account_id": REMOVE,
                   "user_data__instagram_business_account_id": "178000000000001"}),
    ("app", {"app_data__extinfo": ["a2", *EXTINFO[1:8], "T-Mobile", 390, 844, 3.0, 6,
                                   256, 128, ""]}),
    ("app", {"user_data": {"anon_id": "XZ-1"}, "app_data__campaign_ids": "1"}),
    ("limited", {"data_processing_options_country": 1,
                 "data_processing_options_state": 1000}),
    ("limited", {"data_processing_options": []}),
    ("crm", {"user_data__lead_id": 1459076748710713}),
    ("crm", {"user_data": {"fbc": "fb.1.1554763741205.AbC"}}),
]  # fmt: skip

BROKEN = [
    ("shop", {"event_time": str(NOW)}, "event_time"),
    ("shop", {"event_time": (NOW - 30) * 1000}, "event_time"),
    ("shop", {"event_time": NOW - 8 * DAY}, "event_time"),
    ("shop", {"event_source_url": REMOVE}, "event_source_url"),
    ("shop", {"event_source_url": ""}, "event_source_url"),
    ("shop", {"event_source_url": "shop.example.com"}, "event_source_url"),
    ("shop", {"user_data__client_user_agent": ""}, "user_data.client_user_agent"),
    ("shop", {"user_data__client_user_agent": HASH}, "user_data.client_user_agent"),
    ("shop", {"user_data__client_ip_address": HASH}, "user_data.client_ip_address"),
    ("shop", {"user_data__client_ip_address": ""}, "user_data.client_ip_address"),
    ("shop", {"user_data__em": ["Ana@Example.com"]}, "user_data.em"),
    ("shop", {"user_data__ph": "+1 555 010 0123"}, "user_data.ph"),
    ("shop", {"user_data__country": "us"}, "user_data.country"),
    ("shop", {"user_data__fbc": HASH}, "user_data.fbc"),
    ("shop", {"user_data__email": HASH}, "user_data.email"),
    ("shop", {"custom_data__value": REMOVE}, "custom_data.value"),
    ("shop", {"custom_data__value": "142,52"}, "custom_data.value"),
    ("shop", {"custom_data__value": "$142.52"}, "custom_data.value"),
    ("shop", {"custom_data__currency": REMOVE}, "custom_data.currency"),
    ("shop", {"custom_data__currency": "US$"}, "custom_data.currency"),
    ("shop", {"event_name": "Lead", "custom_data__currency": REMOVE},
     "custom_data.currency"),
    ("shop", {"custom_data__contents": '[{"id": "SKU-1"}]'}, "custom_data.contents"),
    ("shop", {"custom_data__event_source": "crm"}, "action_source"),
    ("shop", {"action_source": "web"}, "action_source"),
    ("shop", {"eventID": "1"}, "eventID"),
    ("shop", {"opt_out": "false"}, "opt_out"),
    ("shop", {"custom_data": [SHOP["custom_data"]], "event_name": "Lead"},
     "custom_data"),
    ("till", {"event_time": NOW - 63 * DAY}, "event_time"),
    ("till", {"user_data": {"ct": HASH, "zp": HASH}}, "user_data"),
    ("till", {"user_data": {"fn": HASH, "ge": HASH}}, "user_data"),
    ("till", {"action_source": "system_generated", "event_time": NOW - 8 * DAY,
              "custom_data__event_source": "crm",
              "custom_data__lead_event_source": "Till"}, "event_time"),
    ("whatsapp", {"messaging_channel": REMOVE}, "messaging_channel"),
    ("whatsapp", {"messaging_channel": "WhatsApp"}, "messaging_channel"),
    ("whatsapp", {"event_name": "Lead"}, "event_name"),
    ("whatsapp", {"event_name": "deal_won"}, "event_name"),
    ("whatsapp", {"user_data__ctwa_clid": REMOVE}, "user_data"),
    ("whatsapp", {"user_data__whatsapp_business_account_id": REMOVE},
     "user_data.whatsapp_business_account_id"),
    ("messenger", {"user_data__page_id": REMOVE}, "user_data.page_id"),
    ("messenger", {"custom_data__currency": REMOVE}, "custom_data.currency"),
    ("instagram", {"user_data__ig_account_id": REMOVE}, "user_data.ig_account_id"),
    ("app", {"app_data": REMOVE}, "app_data"),
    ("app", {"app_data": "i2"}, "app_data"),
    ("app", {"app_data__extinfo": REMOVE}, "app_data.extinfo"),
    ("app", {"app_data__extinfo": EXTINFO[:15]}, "app_data.extinfo"),
    ("app", {"app_data__extinfo": ["ios", *EXTINFO[1:]]}, "app_data.extinfo"),
    ("app", {"app_data__extinfo": [*EXTINFO[:4], " ", *EXTINFO[5:]]},
     "app_data.extinfo"),
    ("app", {"app_data__extinfo": [*EXTINFO[:15], None]}, "app_data.extinfo"),
    ("limited", {"data_processing_options": ["LDU", "CCPA"]},
     "data_processing_options"),
    ("limited", {"data_processing_options_country": "1"},
     "data_processing_options_country"),
    ("limited", {"data_processing_options_country": 2},
     "data_processing_options_country"),
    ("limited", {"data_processing_options_state": "CA"},
     "data_processing_options_state"),
    ("limited", {"data_processing_options_state": REMOVE},
     "data_processing_options_state"),
    ("sample", {"user_data": {"em": [None], "ph": []}}, "user_data"),
    ("sample", {"original_event_data": []}, "original_event_data"),
    ("sample", {"attribution_data": "0.3"}, "attribution_data"),
    ("crm", {"custom_data__event_source": REMOVE}, "custom_data.event_source"),
    ("crm", {"custom_data__lead_event_source": ""}, "custom_data.lead_event_source"),
    ("crm", {"user_data__lead_id": HASH}, "user_data.lead_id"),
    ("crm", {"user_data__lead_id": "l:3960271960958574"}, "user_data.lead_id"),
    ("crm", {"user_data__lead_id": 12345}, "user_data.lead_id"),
    ("crm", {"user_data": {"email": "a@b.example"}}, "user_data"),
]  # fmt: skip


def made(base: str, changes: dict) -> dict:
    plain = {path: value for path, value in changes.items() if "__" in path}
    whole = {path: value for path, value in changes.items() if "__" not in path}
    return changed(changed(BASES[base], **whole), **plain)


@pytest.mark.parametrize("base", BASES)
def test_what_other_senders_send_soundly_has_no_problem(base):
    assert event.problems(BASES[base], now=NOW) == []


@pytest.mark.parametrize(("base", "changes"), SOUND)
def test_what_meta_takes_in_another_form_has_no_problem(base, changes):
    assert event.problems(made(base, changes), now=NOW) == []


@pytest.mark.parametrize(("base", "changes", "field"), BROKEN)
def test_what_meta_would_not_take_has_a_problem_that_names_the_field(
    base, changes, field
):
    problems = event.problems(made(base, changes), now=NOW)
    assert field in {problem.split(":")[0] for problem in problems}
    assert len(problems) <= 2


def test_every_documented_key_of_an_event_is_known():
    full = {**LIMITED, "advertiser_tracking_enabled": 1, "partner_agent": "x_crm"}
    full |= {"app_data": APP["app_data"], "attribution_data": {}}
    full |= {"original_event_data": {}, "messaging_channel": "instagram"}
    full |= {"customer_segmentation": "customer_in_loyalty_program"}
    full |= {"advanced_measurement_table": "t"}
    assert event.problems(full, now=NOW) == []


def test_a_key_that_may_be_somebodys_is_not_repeated():
    problems = event.problems({**SHOP, "ana@example.com": 1, 5: 2}, now=NOW)
    assert any("not a key that Meta knows" in problem for problem in problems)
    assert "ana" not in " ".join(problems)
