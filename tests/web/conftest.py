"""Tests in a real browser: the ground of tests/addon, and Chromium."""

from tests.workbench.in_odoo import blank_meta, meta, tag_test_cases

__all__ = ["blank_meta", "meta"]

tag_test_cases()
