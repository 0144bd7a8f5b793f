"""Tests of the examples for integrators, inside an Odoo that has them installed."""

from tests.workbench.in_odoo import blank_meta, meta, tag_test_cases

__all__ = ["blank_meta", "meta"]

tag_test_cases()
