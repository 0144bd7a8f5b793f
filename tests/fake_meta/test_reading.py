"""Reading leads, forms and pages: fields, filters, pages of results, test leads."""

from __future__ import annotations

import json
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from .conftest import (
    ANSWERS,
    APP,
    FORM,
    OTHER_PAGE,
    PAGE,
    PAGE_TOKEN,
    QUESTIONS,
    codes,
)

DAY = 86400
ALL_FIELDS = (
    "id,created_time,ad_id,ad_name,adset_id,adset_name,campaign_id,campaign_name,"
    "form_id,field_data,is_organic,platform,custom_disclaimer_responses,partner_name,"
    "retailer_item_id"
)


# -- one lead -----------------------------------------------------------------------


def test_a_lead_has_the_fields_that_are_asked_for(meta):
    lead_id = meta.control.create_lead(
        FORM,
        {
            "full_name": "Ana Test",
            "email": "ana@example.com",
            "which_size?": ["small_(1-5)", "large"],
        },
        platform="ig",
        created_time=1_790_000_000,
    )
    assert meta.get(lead_id, fields=ALL_FIELDS) == {
        "id": lead_id,
        "created_time": "2026-09-21T14:13:20+0000",
        "ad_id": "120200000000000001",
        "ad_name": "Ad one",
        "adset_id": "120200000000000002",
        "adset_name": "Ad set one",
        "campaign_id": "120200000000000003",
        "campaign_name": "Campaign one",
        "form_id": FORM,
        "field_data": [
            {"name": "full_name", "values": ["Ana Test"]},
            {"name": "email", "values": ["ana@example.com"]},
            {"name": "phone_number"},
            {"name": "which_size?", "values": ["small_(1-5)", "large"]},
        ],
        "is_organic": False,
        "platform": "ig",
    }


def test_without_fields_a_lead_gives_only_id_time_and_answers(meta):
    assert set(meta.get(meta.lead())) == {"id", "created_time", "field_data"}


def test_the_id_is_always_there_and_an_unknown_field_refuses_the_call(meta):
    lead_id = meta.lead()
    assert meta.get(lead_id, fields="platform") == {"id": lead_id, "platform": "fb"}
    answer = meta.get(lead_id, fields="id,adgroup_id")
    assert codes(answer) == (100, None)
    assert "adgroup_id" in answer["error"]["message"]


@pytest.mark.parametrize(
    "fields", ["id,field_data{name", "id}", "id)(", "id.x(", "a b", "id,(x", "id{a}b"]
)
def test_fields_that_cannot_be_read_are_refused(meta, fields):
    assert codes(meta.get(meta.lead(), fields=fields)) == (100, None)


@pytest.mark.parametrize("details", [{"organic": True}, {"ad": False}])
def test_a_lead_without_an_ad_lacks_the_ad_s_fields(meta, details):
    node = meta.get(meta.lead(**details), fields=ALL_FIELDS)
    assert not any(key.startswith(("ad", "campaign")) for key in node)
    assert node["is_organic"] is details.get("organic", False)


def test_the_ad_s_fields_are_silently_absent_without_ads_management(meta):
    lead_id = meta.lead()
    meta.control.set_scopes(PAGE_TOKEN, ["leads_retrieval"])
    node = meta.get(lead_id, fields=ALL_FIELDS)
    assert "ad_id" not in node
    assert node["platform"] == "fb"


def test_lead_ids_have_16_digits_that_a_float_cannot_hold(meta):
    ids = {meta.lead() for _ in range(20)}
    assert len(ids) == 20
    assert {len(lead_id) for lead_id in ids} == {16}
    assert any(int(float(lead_id)) != int(lead_id) for lead_id in ids)


def test_consents_are_given_only_when_asked_and_as_text(meta):
    meta.control.add_form(
        "220000000000002",
        PAGE,
        "With consent",
        QUESTIONS,
        custom_disclaimer={
            "title": "Consent",
            "checkboxes": [{"key": "mail", "text": "Mail?"}, {"key": "call"}],
        },
    )
    lead_id = meta.control.create_lead("220000000000002", {}, consents={"mail": True})
    assert "custom_disclaimer_responses" not in meta.get(lead_id)
    node = meta.get(lead_id, fields="custom_disclaimer_responses")
    assert node["custom_disclaimer_responses"] == [
        {"checkbox_key": "mail", "is_checked": "1"},
        {"checkbox_key": "call", "is_checked": ""},
    ]


def test_tracking_parameters_come_as_answers_that_are_no_questions(meta):
    meta.control.add_form(
        "220000000000002",
        PAGE,
        "Tracked",
        QUESTIONS[:1],
        tracking_parameters={"utm_source": "spring"},
    )
    lead_id = meta.control.create_lead("220000000000002", {"full_name": "Ana"})
    assert meta.get(lead_id)["field_data"] == [
        {"name": "full_name", "values": ["Ana"]},
        {"name": "utm_source", "values": ["spring"]},
    ]
    keys = [question["key"] for question in form(meta)["questions"]]
    assert "utm_source" not in keys


def form(meta, form_id: str = FORM) -> dict:
    return meta.get(form_id, fields="questions,locale,name,page_id,legal_content")


@pytest.mark.parametrize("days", [90.01, 400])
def test_a_lead_older_than_90_days_is_gone(meta, days):
    lead_id = meta.lead()
    meta.control.age_lead(lead_id, 89.9)
    assert meta.get(lead_id)["id"] == lead_id
    meta.control.age_lead(lead_id, days)
    assert codes(meta.get(lead_id)) == (100, 33)
    assert meta.get(f"{FORM}/leads") == {"data": []}
    assert meta.get(FORM, fields="expired_leads_count")["expired_leads_count"] == 1


def test_a_deleted_lead_is_gone(meta):
    lead_id, other = meta.lead(), meta.lead()
    meta.control.delete_lead(lead_id)
    assert codes(meta.get(lead_id)) == (100, 33)
    assert meta.call("DELETE", other, PAGE_TOKEN).json() == {"success": True}
    assert codes(meta.get(other)) == (100, 33)
    assert codes(meta.call("DELETE", other, PAGE_TOKEN)) == (100, 33)
    assert meta.get(f"{FORM}/leads")["data"] == []


# -- lists --------------------------------------------------------------------------


def leads_between(meta, count: int, start: int = 1_790_000_000) -> list[str]:
    """Leads a minute apart; newest first, as they are listed."""
    ids = [meta.lead(created_time=start + 60 * number) for number in range(count)]
    return ids[::-1]


def test_a_list_has_25_leads_a_page_and_cursors_to_the_rest(meta):
    ids = leads_between(meta, 60)
    found, pages, after = [], 0, None
    while True:
        params = {"after": after} if after else {}
        page = meta.get(f"{FORM}/leads", **params)
        found += [lead["id"] for lead in page["data"]]
        pages += 1
        if "next" not in page["paging"]:
            break
        after = page["paging"]["cursors"]["after"]
    assert found == ids
    assert pages == 3


def test_paging_next_is_a_whole_address_with_the_token_in_it(meta):
    ids = leads_between(meta, 5)
    page = meta.get(f"{FORM}/leads", limit=2, fields="id")
    address = page["paging"]["next"]
    query = parse_qs(urlsplit(address).query)
    assert query["access_token"] == [PAGE_TOKEN]
    assert query["limit"] == ["2"]
    assert query["fields"] == ["id"]
    following = meta.http.get(address, timeout=10).json()
    assert following["data"] == [{"id": ids[2]}, {"id": ids[3]}]


def after_of(page: dict) -> str:
    return page["paging"]["cursors"]["after"]


def test_paging_goes_back_as_well(meta):
    ids = leads_between(meta, 5)
    page = meta.get(f"{FORM}/leads", limit=2, fields="id")
    page = meta.http.get(page["paging"]["next"], timeout=10).json()
    before = page["paging"]["cursors"]["before"]
    page = meta.get(f"{FORM}/leads", limit=2, fields="id", before=before)
    assert [lead["id"] for lead in page["data"]] == ids[:2]
    last = meta.get(f"{FORM}/leads", limit=2, fields="id", after=after_of(page))
    assert [lead["id"] for lead in last["data"]] == ids[2:4]
    before = last["paging"]["cursors"]["before"]
    page = meta.get(f"{FORM}/leads", limit=1, fields="id", before=before)
    assert [lead["id"] for lead in page["data"]] == ids[1:2]
    before = page["paging"]["cursors"]["before"]
    page = meta.get(f"{FORM}/leads", limit=3, fields="id", before=before)
    assert [lead["id"] for lead in page["data"]] == ids[:1]


def test_a_lead_that_comes_or_goes_between_pages_hides_none(meta):
    ids = leads_between(meta, 6)
    first = meta.get(f"{FORM}/leads", limit=3, fields="id")
    meta.lead(created_time=1_790_010_000)
    meta.control.delete_lead(ids[2])
    after = first["paging"]["cursors"]["after"]
    second = meta.get(f"{FORM}/leads", limit=3, fields="id", after=after)
    assert [lead["id"] for lead in second["data"]] == ids[3:]


@pytest.mark.parametrize("after", ["!", "AAAA", "é"])
def test_a_broken_cursor_is_refused(meta, after):
    meta.lead()
    assert codes(meta.get(f"{FORM}/leads", after=after)) == (100, None)


@pytest.mark.parametrize("limit", ["0", "-1", "many", "²"])
def test_a_limit_that_is_no_positive_number_is_refused(meta, limit):
    assert codes(meta.get(f"{FORM}/leads", limit=limit)) == (100, None)


@pytest.mark.parametrize("path", [f"{FORM}/leads", f"{PAGE}/leadgen_forms"])
def test_too_large_a_limit_is_http_500_with_code_1(meta, path):
    answer = meta.call("GET", path, PAGE_TOKEN, params={"limit": 501})
    assert (answer.status_code, codes(answer)) == (500, (1, None))
    assert "data" in meta.get(path, limit=500)
    meta.control.set_max_page_size(50)
    assert codes(meta.get(path, limit=51)) == (1, None)


@pytest.mark.parametrize(
    ("operator", "count"),
    [("GREATER_THAN", 2), ("GREATER_THAN_OR_EQUAL", 3), ("LESS_THAN", 2)],
)
def test_leads_are_filtered_by_time_created(meta, operator, count):
    leads_between(meta, 5)
    value = 1_790_000_000 + 120
    item = {"field": "time_created", "operator": operator, "value": value}
    page = meta.get(f"{FORM}/leads", filtering=json.dumps([item]))
    assert len(page["data"]) == count
    other = {**item, "operator": "LESS_THAN", "value": str(value + 1)}
    page = meta.get(f"{FORM}/leads", filtering=json.dumps([item, other]))
    assert len(page["data"]) == {"LESS_THAN": 2, "GREATER_THAN": 0}.get(operator, 1)


@pytest.mark.parametrize(
    "filtering",
    [
        "[{'field':'time_created','operator':'GREATER_THAN','value':1}]",
        '{"field":"time_created"}',
        '["time_created"]',
        '[{"field":"created_time","operator":"GREATER_THAN","value":1}]',
        '[{"field":"time_created","operator":">","value":1}]',
        '[{"field":"time_created","operator":"GREATER_THAN","value":"today"}]',
        '[{"field":"time_created","operator":"GREATER_THAN","value":true}]',
        '[{"field":"time_created","operator":"GREATER_THAN"}]',
    ],
)
def test_a_filter_that_cannot_be_read_is_refused(meta, filtering):
    assert codes(meta.get(f"{FORM}/leads", filtering=filtering)) == (100, None)


def test_a_form_without_leads_lists_none(meta):
    assert meta.get(f"{FORM}/leads") == {"data": []}


# -- forms and pages ----------------------------------------------------------------


def test_a_form_gives_its_questions_with_keys_types_and_options(meta):
    node = form(meta)
    assert (node["id"], node["name"], node["locale"]) == (FORM, "Form", "en_US")
    shown = [
        {key: value for key, value in question.items() if key != "id"}
        for question in node["questions"]
    ]
    assert shown == QUESTIONS
    assert set(meta.get(FORM)) == {"id", "name", "locale", "status"}


def test_fields_in_braces_select_below(meta):
    node = meta.get(FORM, fields="questions{key,options{value}}")
    assert node["questions"][3] == {
        "key": "which_size?",
        "options": [{"value": "Small (1-5)"}, {"value": "Large"}],
    }


def test_a_form_has_no_field_leads(meta):
    answer = meta.get(FORM, fields="leads")
    assert codes(answer) == (100, None)
    assert "nonexisting field (leads)" in answer["error"]["message"]


def test_a_form_counts_its_leads(meta):
    meta.lead()
    meta.lead(organic=True)
    meta.control.age_lead(meta.lead(), 100)
    ask = "leads_count,organic_leads_count,expired_leads_count"
    node = meta.get(FORM, fields=ask)
    assert [node[name] for name in ask.split(",")] == [2, 1, 1]


def test_the_forms_of_a_page_are_listed_with_paging(meta):
    for number in range(2, 5):
        meta.control.add_form(f"22000000000000{number}", PAGE, f"Form {number}", [])
    meta.control.add_form("229000000000000", OTHER_PAGE, "Elsewhere", [])
    page = meta.get(f"{PAGE}/leadgen_forms", limit=3, fields="id,name,questions")
    assert [node["name"] for node in page["data"]] == ["Form", "Form 2", "Form 3"]
    page = meta.http.get(page["paging"]["next"], timeout=10).json()
    assert [node["name"] for node in page["data"]] == ["Form 4"]
    assert "next" not in page["paging"]


def test_a_page_says_whether_its_lead_terms_are_accepted(meta):
    assert meta.get(PAGE, fields="leadgen_tos_accepted")["leadgen_tos_accepted"] is True


def test_an_app_gives_its_name(meta):
    assert meta.get(APP) == {"id": APP, "name": "Lead app"}


# -- test leads ---------------------------------------------------------------------


def test_a_test_lead_has_dummy_answers_and_is_unique_per_form(meta):
    answer = meta.call("POST", f"{FORM}/test_leads", PAGE_TOKEN)
    lead_id = answer.json()["id"]
    node = meta.get(lead_id, fields="field_data,is_organic,ad_id")
    values = {entry["name"]: entry["values"] for entry in node["field_data"]}
    assert values == {
        "full_name": ["<test lead: dummy data for full_name>"],
        "email": ["test@meta.com"],
        "phone_number": ["<test lead: dummy data for phone_number>"],
        "which_size?": ["small_(1-5)"],
    }
    assert node["is_organic"] is True
    assert "ad_id" not in node
    assert codes(meta.call("POST", f"{FORM}/test_leads", PAGE_TOKEN)) == (100, None)
    listed = meta.get(f"{FORM}/test_leads")["data"]
    assert [lead["id"] for lead in listed] == [lead_id]
    meta.call("DELETE", lead_id, PAGE_TOKEN)
    assert "id" in meta.call("POST", f"{FORM}/test_leads", PAGE_TOKEN).json()


def test_a_test_lead_may_have_given_answers(meta):
    given = json.dumps([{"name": "full_name", "values": ["Eva"]}])
    answer = meta.call(
        "POST", f"{FORM}/test_leads", PAGE_TOKEN, data={"field_data": given}
    )
    field_data = meta.get(answer.json()["id"])["field_data"]
    assert field_data[0] == {"name": "full_name", "values": ["Eva"]}


@pytest.mark.parametrize("given", ["{", "{}", "[1]", '[{"name":"unknown"}]', '"x"'])
def test_test_answers_that_fit_no_question_are_refused(meta, given):
    answer = meta.call(
        "POST", f"{FORM}/test_leads", PAGE_TOKEN, data={"field_data": given}
    )
    assert codes(answer) == (100, None)


def test_a_test_lead_can_be_made_from_the_control_side(meta):
    lead_id = meta.control.create_lead(FORM, test=True)
    assert meta.get(f"{FORM}/test_leads")["data"][0]["id"] == lead_id
    own = meta.control.create_lead(FORM, ANSWERS)
    listed = [lead["id"] for lead in meta.get(f"{FORM}/leads")["data"]]
    assert sorted(listed) == sorted([lead_id, own])
    listed = [lead["id"] for lead in meta.get(f"{FORM}/test_leads")["data"]]
    assert listed == [lead_id]


def test_the_created_time_is_a_few_seconds_ago_by_default(meta):
    text = meta.get(meta.lead())["created_time"]
    stamp = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() - 5))
    assert text.startswith(stamp[:13])
    assert text.endswith("+0000")
