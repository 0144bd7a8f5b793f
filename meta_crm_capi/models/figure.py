from operator import attrgetter

from odoo import fields


class Figure(fields.Float):
    """A measured number, or None where nothing was measured: that is not 0.

    Screens show nothing for it, averages leave it out.

    :param float goal: what the number should reach; charts draw it as a line
    """

    falsy_value = None
    aggregator = "avg"
    goal = None

    _description_goal = property(attrgetter("goal"))

    def convert_to_column(self, value, record, values=None, validate=True):
        if value is None or value is False:
            return None
        return super().convert_to_column(value, record, values, validate)

    def convert_to_cache(self, value, record, validate=True):
        if value is None or value is False:
            return None
        return super().convert_to_cache(value, record, validate)

    def convert_to_record(self, value, record):
        return value
