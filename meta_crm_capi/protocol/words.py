"""Texts that people read: written in English, translated where they are shown.

Rows, logs and exports keep English words. Whoever shows them looks each sentence up by
its English source, so every source has to be among the terms of the translations, where
Odoo finds it by the name of this mark.
"""

from __future__ import annotations


def _lt(source: str) -> str:
    """Mark a text, or a template with ``%(name)s``, as one to be translated.

    Whole sentences, and never inside an f-string, where the mark is not found. A value
    that is words of ours again has a placeholder named ``what``, ``why`` or ``words``;
    a moment is ``2026-01-31 13:05:00 UTC``. In a table each row has a name before its
    parenthesis: a bare tuple behind a mark is taken for one by Odoo's export.

    :return: the source itself
    """
    return source
