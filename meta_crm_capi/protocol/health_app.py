"""Whether App ID and app secret are right: what Meta's answers to the app tell.

A part of :mod:`.health`, whose levels and findings it uses.

Source: Graph API guides, access tokens (app access tokens) and error handling.
"""

from __future__ import annotations

from .health import BROKEN, CHECK_APP, INCONCLUSIVE, OK, Finding
from .reply import Result
from .words import _lt

#: Meta's codes for an app ID and app secret that do not make an app's token.
_NO_APP_CODES = (101, 190)
#: Meta tells nothing of a token of another app, and says so to the right secret.
_FOREIGN_TOKEN = 100


def app(result: Result) -> Finding:
    """Whether App ID and app secret make a token of the app.

    :param result: of any question that was asked as the app itself
    """
    answer = result.answer
    if answer.accepted or answer.code == _FOREIGN_TOKEN:
        return Finding(OK, _lt("Meta takes them."))
    words = answer.message or answer.meaning or _lt("no answer")
    if answer.code in _NO_APP_CODES:
        said = _lt("Meta does not take them: %(words)s") % {"words": words}
        return Finding(BROKEN, said, CHECK_APP)
    return Finding(
        INCONCLUSIVE, _lt("Meta does not tell: %(words)s") % {"words": words}
    )
