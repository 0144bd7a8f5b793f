import ast
import sys

import pytest

from .conftest import PACKAGE

FILES = sorted(PACKAGE.glob("*.py"))
HTTP = {"client.py", "deadline.py"}
OUTSIDE = {"requests": HTTP, "urllib3": HTTP, "phonenumbers": {"phone.py"}}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.split(".")[0]


def test_the_package_has_files_to_look_at():
    assert {"signature.py", "webhook.py", "user_data.py"} <= {f.name for f in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_protocol_imports_nothing_of_odoo(path):
    for name in imports(path):
        known = name in sys.stdlib_module_names or path.name in OUTSIDE.get(name, ())
        assert known, f"{path.name} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_relative_imports_stay_inside_the_protocol(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level <= 1
