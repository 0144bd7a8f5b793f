"""What tests that run inside Odoo need from the workbench.

Only for ``tests/addon`` and ``tests/web``: importing it imports Odoo.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from odoo.tests import BaseCase

from tests.fake_meta.control import FakeMetaControl


def tag_test_cases() -> None:
    """Give test cases outside ``odoo.addons`` the tags that Odoo would give them."""
    BaseCase.test_tags = {"standard", "post_install"}
    BaseCase.test_module = "meta_crm_capi"


def fake_meta() -> FakeMetaControl:
    """The control of the fake Meta that runs beside these tests.

    The workbench starts it and not pytest: Odoo ends every child process of its own
    after each test case.
    """
    try:
        return FakeMetaControl(os.environ["FAKE_META_URL"])
    except KeyError:
        raise RuntimeError(
            "these tests need what the workbench brings up:"
            " python3 -m tests.workbench addon-tests [words for pytest]"
        ) from None


@pytest.fixture(scope="session")
def meta() -> Iterator[FakeMetaControl]:
    """The fake Meta, for tests that are plain functions."""
    control = fake_meta()
    yield control
    control.close()


@pytest.fixture(autouse=True, scope="class")
def blank_meta(meta: FakeMetaControl) -> None:
    """Every test case starts with a fake Meta that knows nothing."""
    meta.reset()
