from odoo import models

from .words import Shown, show


class Base(models.AbstractModel):
    """Groups of stored words are headed by what the reader reads in their records."""

    _inherit = "base"

    def _web_read_group_groupby_formatter(self, groupby_spec, values):
        formatter = super()._web_read_group_groupby_formatter(groupby_spec, values)
        field = self._fields.get(groupby_spec)
        if not isinstance(field, Shown):
            return formatter
        shown = {value: show(self.env, value) for value in set(values) if value}
        heads = list(shown.values())

        def format_words(value):
            head, domain = formatter(value)
            words = shown.get(value, head)
            # The web client tells groups by their heads.
            return words if heads.count(words) < 2 else head, domain

        return format_words
