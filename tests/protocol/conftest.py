"""Loads the protocol package by path, so that no test here needs Odoo.

Tests say `from protocol import signature`; the addon itself is never imported.
"""

import importlib.util
import sys
from pathlib import Path

from hypothesis import settings

PACKAGE = Path(__file__).resolve().parents[2] / "meta_crm_capi" / "protocol"

if "protocol" not in sys.modules:
    spec = importlib.util.spec_from_file_location(
        "protocol",
        PACKAGE / "__init__.py",
        submodule_search_locations=[str(PACKAGE)],
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["protocol"] = module
    spec.loader.exec_module(module)

# The same examples in every run, and no deadline: a slow machine is not a bug.
settings.register_profile(
    "protocol", derandomize=True, max_examples=200, deadline=None, database=None
)
settings.load_profile("protocol")
