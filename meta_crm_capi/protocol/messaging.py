"""One event of business messaging: what becomes of a chat that an ad opened.

It goes to the dataset of the Page, WhatsApp business account or Instagram account that
was written to, and Meta takes the names of :data:`EVENTS` alone. Meta does not
de-duplicate these events: one that is sent twice counts twice.

Source: "Conversions API for business messaging".
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from . import event
from .event_checks import MESSAGING_EVENTS, MESSAGING_FORBIDDEN, MESSAGING_PERSONS
from .referral import INSTAGRAM, MESSENGER, WHATSAPP
from .reply import Result
from .verdict import RETRY
from .words import _lt

__all__ = [
    "ACTION_SOURCE",
    "DEFAULTS",
    "EVENTS",
    "build",
    "identifiers",
    "may_have_counted",
]

ACTION_SOURCE = "business_messaging"
#: The names that Meta takes, in alphabetical order.
EVENTS = tuple(sorted(MESSAGING_EVENTS))
#: What is offered for the steps of a funnel. Never ``Lead``, which Meta refuses here.
DEFAULTS = {"qualified": "LeadSubmitted", "won": "Purchase"}

#: Where the account that was written to goes. Meta's pages differ about Instagram's
#: key; both are sent.
_ACCOUNTS = {
    WHATSAPP: ("whatsapp_business_account_id",),
    MESSENGER: ("page_id",),
    INSTAGRAM: ("ig_account_id", "instagram_business_account_id"),
}


#: Errors (code, subcode) after which Meta is asked again though it took nothing: an
#: event from the future, and a dataset that is not ready.
_NOT_COUNTED = {(100, 2804004), (21009, None)}


def may_have_counted(result: Result) -> bool:
    """Whether Meta may have taken a call of which it is not known that it did.

    A limit, a pause and a refusal are Meta's word that it took nothing of the request.
    Everything else that is to be tried again is not: no answer, a broken one, one that
    is not Graph's, and Graph's own short failures.
    """
    answer = result.answer
    return (
        answer.verdict == RETRY
        and result.reply.was_sent
        and (answer.code, answer.subcode) not in _NOT_COUNTED
        and (answer.code, None) not in _NOT_COUNTED
    )


def identifiers(channel: str, account_id: str, person_id: str) -> dict[str, str]:
    """The keys of ``user_data`` that say who wrote to whom.

    :param channel: one of ``referral.CHANNELS``
    :param account_id: the WhatsApp business account, Page or Instagram account
    :param person_id: WhatsApp's click (``ctwa_clid``), else the person's ID for this
        account
    :raises ValueError: when the channel is unknown or an ID is missing
    """
    if channel not in _ACCOUNTS:
        raise ValueError(_lt("A messaging event needs a channel that Meta knows."))
    if not account_id or not person_id:
        raise ValueError(_lt("A messaging event needs an account and who wrote to it."))
    keys = (*_ACCOUNTS[channel], MESSAGING_PERSONS[channel])
    return dict(zip(keys, [account_id] * (len(keys) - 1) + [person_id], strict=True))


def build(
    *,
    channel: str,
    account_id: str,
    person_id: str,
    event_name: str,
    event_time: int,
    event_id: str,
    user_data: Mapping[str, object],
    value: float | Decimal | None = None,
    currency: str | None = None,
    data_processing: Mapping[str, object] | None = None,
) -> dict:
    """An event of business messaging. ``event.problems`` says what is wrong with it.

    What a browser tells of a person (IP address, user agent, ``fbc``, ``fbp``) has no
    place here and is left out, and so is the ID of a lead form's lead.

    :param channel: with account and person: see :func:`identifiers`
    :param event_name: one of :data:`EVENTS`
    :param event_time: moment of the step, Unix seconds
    :param user_data: customer information, already normalised and hashed
    :param value: worth of the step, left out like that of ``event.build``
    :param currency: ISO 4217
    :param data_processing: how Meta may use the event: ``event.limited_data_use``
    :raises ValueError: as :func:`identifiers` does
    """
    own = identifiers(channel, account_id, person_id)
    left_out = MESSAGING_FORBIDDEN | own.keys()
    others = {key: item for key, item in user_data.items() if key not in left_out}
    built = event.build(
        event_name=event_name,
        event_time=event_time,
        event_id=event_id,
        lead_id=None,
        user_data={**others, **own},
        value=value,
        currency=currency,
        data_processing=data_processing,
    )
    # The marks of a CRM event are those of leads of forms.
    given = built.pop("custom_data")
    worth = {key: given[key] for key in ("value", "currency") if key in given}
    return {
        **built,
        "action_source": ACTION_SOURCE,
        "messaging_channel": channel,
        **({"custom_data": worth} if worth else {}),
    }
