"""Tests of the addon inside Odoo, with a fake Meta beside it."""

from tests.workbench.in_odoo import blank_meta, meta, tag_test_cases

__all__ = ["blank_meta", "meta"]

tag_test_cases()
