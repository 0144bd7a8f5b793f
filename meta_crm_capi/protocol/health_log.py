"""What a question about health means where it is logged as an exchange.

Source: Graph API reference "Debug token".
"""

from __future__ import annotations

from dataclasses import replace

from .health import NEW_TOKEN, TOKEN_DEAD, token_info
from .reply import Result
from .verdict import PAUSE
from .words import _lt


def told_token(result: Result, cure: str = NEW_TOKEN) -> Result:
    """An answer of ``debug_token`` as the token itself would have been answered.

    Meta answers the question with 200 also for a token that is dead.

    :param cure: where a new one is made and goes
    """
    info = token_info(result)
    if not result.answer.accepted or info is None or info.get("is_valid") is True:
        return result
    error = info.get("error")
    error = error if isinstance(error, dict) else {}
    message = error.get("message")
    answer = replace(
        result.answer,
        verdict=PAUSE,
        code=TOKEN_DEAD,
        subcode=error.get("subcode") if type(error.get("subcode")) is int else None,
        message=message if isinstance(message, str) else _lt("The token is not valid."),
        cure=cure,
    )
    return Result(result.reply, answer, result.data)
