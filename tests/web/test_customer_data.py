"""A privacy officer decides on the dataset's screen what Meta is told of a person."""

from __future__ import annotations

from .firm import Firm


def test_an_administrator_decides_what_meta_is_told_of_a_person(firm: Firm):
    firm.connect()
    screen = firm.screen("administrator")
    screen.open("meta_crm_capi.meta_capi_dataset_action")
    screen.open_row("CRM dataset")

    screen.turn_to("Customer data")
    screen.reads("What Meta is told of a person")
    screen.reads("External ID (external_id)")
    screen.click_on("[name=limited_data_use] input[data-value=state]")
    screen.reads("State")
    screen.click_on("[name=send_ph] input")
    screen.click_on("[name=customer_data] input[data-value=lead_id]")
    screen.reads("carry the Meta lead ID and nothing else of the person.")
    assert "External ID (external_id)" not in screen.words()
    screen.click_on("[name=limited_data_use] input[data-value=geolocate]")
    screen.reads("Leads of instant forms have none: choose a state if you know it.")
    screen.save()

    admin = firm.session("administrator")
    (dataset,) = admin.search_read(
        "meta.capi.dataset",
        [("meta_id", "=", firm.dataset_id)],
        ["customer_data", "limited_data_use", "send_ph", "send_em"],
    )
    dataset.pop("id")
    assert dataset == {
        "customer_data": "lead_id",
        "limited_data_use": "geolocate",
        "send_ph": False,
        "send_em": True,
    }
