"""Stored words, shown in the language and time zone of the one who reads."""

from odoo import fields
from odoo.tools.translate import code_translations

from .local_time import show_times
from .phrasebook import Phrasebook

ADDON = "meta_crm_capi"
_books = {}


def show(env, words):
    """English words as the reader reads them.

    Sentences of ours are translated; Meta's own words, names and ids stay.

    :param env: its ``lang`` and ``tz`` are the reader's
    :param words: text, or False
    :rtype: str | False
    """
    if not words:
        return False
    return show_times(env, _book(env.lang or "en_US").translate(words))


def _book(lang):
    terms = code_translations.get_python_translations(ADDON, lang)
    book = _books.get(lang)
    if book is None or book.terms is not terms:
        book = _books[lang] = Phrasebook(terms)
    return book


class Shown(fields.Field):
    """English words that are read in the reader's language.

    What is stored, searched, exported and used by code is English; what a screen or an
    RPC client reads is in the language and time zone of its context.
    """

    def convert_to_read(self, value, record, use_display_name=True):
        value = super().convert_to_read(value, record, use_display_name)
        return show(record.env, value)


class Words(Shown, fields.Text):
    """Words of ours, of one line or several."""


class ShortWords(Shown, fields.Char):
    """Words of ours that fit on one line."""
