"""The assistant and the funnel board by the keyboard alone."""

from __future__ import annotations

from .firm import Firm
from .screen import Screen

SPACE, ENTER, TAB = (" ", 32), ("Enter", 13), ("Tab", 9)


def input_of(field: str) -> str:
    """The input of a field of a form, as a CSS selector."""
    return f"[name='{field}'] input"


def is_focus_seen(screen: Screen) -> bool:
    """Whether what has the focus looks other than without it."""
    return screen.tab.run(
        """() => {
            const element = document.activeElement;
            const look = () => {
                const style = getComputedStyle(element);
                return [style.outline, style.boxShadow, style.borderColor,
                        style.backgroundColor, style.textDecoration].join();
            };
            const focused = look();
            element.blur();
            const without = look();
            element.focus();
            return focused !== without;
        }"""
    )


def test_the_assistant_is_begun_and_walked_by_the_keyboard(firm: Firm):
    firm.rest_crons()
    screen = firm.screen("administrator")
    screen.open("meta_crm_capi.meta_setup_action")
    screen.reads("Connect your Meta app")
    screen.type_into(input_of("name"), "Sunny Roofs")
    screen.type_into(input_of("app_id"), firm.app_id)
    screen.type_into(input_of("app_secret"), firm.app_secret)
    screen.type_into(input_of("access_token"), firm.access_token)
    screen.tab_to("button[name=action_setup_check]")
    screen.tab.press(*ENTER)
    screen.reads("Valid, of a system user")

    screen.tab_to("button[name=action_setup_next]")
    screen.tab.press(*ENTER)
    screen.reads("Choose the Pages whose leads come in")
    screen.tab_to("button[name=action_load_pages]")
    screen.tab.press(*SPACE)
    screen.reads("New: Sunny Roofs")
    screen.tab_to("[data-step=dataset]")
    assert is_focus_seen(screen)
    screen.tab.press(*SPACE)
    screen.reads("Add the dataset that gets your events")


def test_the_funnel_board_is_used_by_the_keyboard(connected: Firm):
    connected.new_lead("Ana Acker")
    screen = connected.screen("administrator")
    screen.go("/odoo/meta-funnel-board")
    screen.reads("the last 7 days would have sent 1 ")
    screen.tab_to("[aria-label='Report qualified']")
    assert is_focus_seen(screen)
    screen.tab.press(*SPACE)
    screen.sees("[aria-label='Report qualified']:not(:checked)")
    screen.type_into("tr[data-step=raw_lead-0] .o_meta_name", "form_filled_in")
    screen.tab.press(*TAB)
    screen.sees("[role=switch][aria-label='Report form_filled_in']")
    names = {rule["event_name"] for rule in connected.rules()}
    assert "form_filled_in" in names
    assert "qualified" not in names

    screen.tab_to(".o_meta_period:last-child")
    screen.tab.press(*ENTER)
    screen.sees(".o_meta_period:last-child.active")
    screen.tab_to("tr[data-step=raw_lead-0] .o_meta_value")
    screen.tab.press(*ENTER)
    screen.sees(".modal [name=value_source]")
    screen.tab.press("Escape", 27)
    screen.tab.wait("() => !finders.selector('.modal')", what="the dialog to close")
