"""``pip install .`` puts the addon where Odoo finds it: ``odoo.addons.<name>``.

The wheel holds no ``odoo/__init__.py`` and no ``odoo/addons/__init__.py``: they
would hide Odoo itself. Everything about the addon is read from its manifest.
"""

import ast
from pathlib import Path

from setuptools import setup

NAME = "meta_crm_capi"
PACKAGE = f"odoo.addons.{NAME}"
HERE = Path(__file__).parent
ADDON = HERE / NAME

manifest = ast.literal_eval((ADDON / "__manifest__.py").read_text(encoding="utf-8"))
folders = sorted({path.parent.relative_to(ADDON) for path in ADDON.rglob("*.py")})

setup(
    name=f"odoo-addon-{NAME}",
    version=manifest["version"],
    description=manifest["summary"],
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    author=manifest["author"],
    url=manifest.get("website"),
    license=manifest["license"],
    license_files=["LICENSE"],
    python_requires=">=3.10",
    install_requires=manifest["external_dependencies"]["python"],
    packages=[".".join((PACKAGE, *folder.parts)) for folder in folders],
    package_dir={PACKAGE: NAME},
    package_data={PACKAGE: ["**/*"]},
    exclude_package_data={PACKAGE: ["**/*.pyc"]},
    classifiers=[
        "Framework :: Odoo",
        "Framework :: Odoo :: 19.0",
        "Programming Language :: Python :: 3",
    ],
    zip_safe=False,
)
