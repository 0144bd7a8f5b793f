import pytest
from .firm import Firm
@pytest.mark.parametrize("n", range(6))
def test_new_leads_get_what_is_chosen_on_their_page(connected: Firm, n):
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_lead_page_action")
    screen.open_row("Sunny Roofs")
    screen.choose("Sales Team", "Sales")
    screen.choose("Salesperson", "Administrator")
    screen.choose("Dataset", "CRM dataset")
    screen.save()

    meta_id = connected.new_lead("Gil Gross")
    (lead,) = connected.session("administrator").search_read(
        "crm.lead", [("meta_lead_id", "=", meta_id)], ["team_id", "user_id"]
    )
    assert lead["team_id"][1] == "Sales"
    assert lead["user_id"][1].startswith("Administrator")


