"""What the browser's console says in red is noticed by every test of a screen."""

from __future__ import annotations

import pytest

from .chromium import PageError, Tab
from .firm import Firm

WRONG = {
    "console.error('Owl is unhappy')": "Owl is unhappy",
    "setTimeout(() => { throw new Error('nobody catches this') })": "nobody catches",
    "fetch('/web/static/there-is-no-such.js')": "404",
}


def begin(firm: Firm) -> Tab:
    screen = firm.screen("marketer")
    screen.go("/odoo/crm")
    screen.reads("My Pipeline")
    return screen.tab


@pytest.mark.parametrize("wrong", WRONG)
def test_what_goes_wrong_in_the_page_fails_the_test(firm: Firm, wrong: str):
    tab = begin(firm)
    assert tab.unforeseen() == []
    tab.run(f"() => {{ {wrong} }}")
    tab.run("() => new Promise((done) => setTimeout(done, 500))")

    said = tab.unforeseen()
    assert any(WRONG[wrong] in words for words in said)
    with pytest.raises(AssertionError, match="console says"):
        firm.close()


def test_what_a_test_breaks_on_purpose_is_foreseen(firm: Firm):
    tab = begin(firm)
    tab.foreseen.append("unhappy")
    tab.run("() => console.error('Owl is unhappy')")

    assert tab.unforeseen() == []


def test_a_warning_is_no_error(firm: Firm):
    tab = begin(firm)
    tab.run("() => console.warn('Owl is old')")

    assert tab.unforeseen() == []


def test_a_script_that_fails_fails_where_it_is_run(firm: Firm):
    with pytest.raises(PageError, match="not here"):
        begin(firm).run("() => { throw new Error('not here') }")
