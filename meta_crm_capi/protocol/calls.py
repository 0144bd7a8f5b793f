"""The calls that this project makes to the Graph API, in Meta's own terms.

:class:`GraphCalls` knows paths, fields and paging, and nothing of HTTP;
:class:`.client.GraphClient` is the one that sends.

Sources: Conversions API "Using the API"; Lead ads "Retrieving leads"; references of
the lead, the form, the page's subscribed apps, the dataset and "Debug token".
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping

from .address import checked_id
from .answer import Answer
from .reply import Result
from .shapes import names
from .words import _lt

LEAD_FIELDS = (
    "id,created_time,ad_id,ad_name,adset_id,adset_name,campaign_id,campaign_name,"
    "form_id,field_data,is_organic,platform,custom_disclaimer_responses,"
    "partner_name,retailer_item_id"
)
#: Enough to tell which leads there are; nothing of a person.
LISTED_FIELDS = "id,created_time"
FORM_FIELDS = (
    "id,name,status,locale,page_id,leads_count,questions,tracking_parameters,"
    "legal_content"
)
PAGE_FIELDS = "id,name,access_token,tasks"
DATASET_FIELDS = "id,name,is_crm,is_unavailable,last_fired_time"
#: The field of a page's subscription that announces new leads.
LEADGEN = "leadgen"

#: Meta's default of 25 makes many calls, and forms with questions are large.
_PAGE_SIZE = 50
#: Leads are smaller; Meta cuts or refuses what is far above.
_LEADS_SIZE = 100
#: More than any list has, also one of leads that shrank to few at a time.
_MAX_PAGES = 10_000
#: Pages without anything on them, one after the other, that are read in one go.
_MAX_EMPTY = 30

#: Why a list was given up whose paging goes in circles.
ENDLESS = _lt("Meta's list has no end: its paging leads nowhere")
#: And one that goes on and on with nothing on it; something may be behind it.
EMPTY = _lt("Meta's list goes on and on, but nothing is on its pages")


class GraphCalls(ABC):
    """Meta's calls, on top of whatever can ``get`` and ``post``.

    Ids are digits as text; anything else raises ``ValueError``.
    """

    @abstractmethod
    def get(self, path: str, params: Mapping[str, object] | None = None) -> Result:
        """``GET /{version}/{path}`` with query parameters."""

    @abstractmethod
    def post(self, path: str, params: Mapping[str, object] | None = None) -> Result:
        """``POST`` with the parameters as a form."""

    @abstractmethod
    def post_json(self, path: str, body: bytes) -> Result:
        """``POST`` of a JSON body, sent as it is."""

    @abstractmethod
    def delete(self, path: str, params: Mapping[str, object] | None = None) -> Result:
        """``DELETE`` with query parameters."""

    @abstractmethod
    def failed(self, failure: str) -> Result:
        """A result for an answer that came and cannot be used, and why."""

    def send_events(self, dataset_id: str, body: bytes) -> Result:
        """Send a batch made by :func:`.batch.body` to a dataset.

        An accepted answer carries ``events_received``; comparing it is up to the
        caller. JSON without it and without a trace id is some proxy's, not Meta's.
        """
        result = self.post_json(f"{checked_id(dataset_id)}/events", body)
        answer = result.answer
        if answer.accepted and answer.events_received is None and not answer.trace_id:
            return self.failed(_lt("the answer does not say that Meta received events"))
        return result

    def read_lead(self, leadgen_id: str) -> Result:
        """A lead with its answers and its ad. Needs the page's token."""
        return self.get(checked_id(leadgen_id), {"fields": LEAD_FIELDS})

    def read_form(self, form_id: str) -> Result:
        """An instant form with its questions. Needs the page's token."""
        return self.get(checked_id(form_id), {"fields": FORM_FIELDS})

    def read_dataset(self, dataset_id: str) -> Result:
        """A dataset's name and kind. A token that may only send cannot read it."""
        return self.get(checked_id(dataset_id), {"fields": DATASET_FIELDS})

    def page_token(self, page_id: str) -> Result:
        """A page's name and its own access token (``data["access_token"]``)."""
        return self.get(checked_id(page_id), {"fields": "id,name,access_token"})

    def debug_token(self, input_token: str) -> Result:
        """What Meta knows of a token: kind, expiry, permissions (``data["data"]``).

        The one call that has a token in its query: Meta offers no other way.
        """
        return self.get("debug_token", {"input_token": input_token})

    def pages(self) -> Iterator[Result]:
        """The Pages of the token's system user, one result per page of the list.

        Each row has the Page's own token (``row["access_token"]``). Ends after the
        first result that was not accepted: the list is then not whole. Without the
        permissions pages_show_list and business_management Meta answers with an empty
        list.
        """
        return self._pages("me/accounts", {"fields": PAGE_FIELDS})

    def forms(self, page_id: str, after: str | None = None) -> Iterator[Result]:
        """The forms of a page, as :meth:`pages` gives Pages. Needs the page's token.

        :param after: go on behind this cursor (:attr:`.reply.Result.after`)
        """
        path = f"{checked_id(page_id)}/leadgen_forms"
        return self._pages(path, {"fields": FORM_FIELDS}, after=after)

    def leads(
        self,
        form_id: str,
        since: int | None = None,
        until: int | None = None,
        after: str | None = None,
        fields: str = LEAD_FIELDS,
    ) -> Iterator[Result]:
        """The leads of a form, as :meth:`pages` gives Pages. Needs the page's token.

        Mostly the newest first; Meta promises no order. Each row is what
        :meth:`read_lead` gives. Asks for fewer at a time where Meta says that it is
        too much.

        :param since: only leads submitted after that (Unix seconds)
        :param until: only leads submitted before that (Unix seconds)
        :param after: go on behind this cursor (:attr:`.reply.Result.after`)
        :param fields: what each row has
        """
        bounds = (("GREATER_THAN", since), ("LESS_THAN", until))
        filters = [
            {"field": "time_created", "operator": operator, "value": moment}
            for operator, moment in bounds
            if moment is not None
        ]
        params: dict[str, object] = {"fields": fields}
        if filters:
            params["filtering"] = json.dumps(filters, separators=(",", ":"))
        path = f"{checked_id(form_id)}/leads"
        return self._pages(path, params, _LEADS_SIZE, after)

    def subscribed_fields(self, page_id: str, app_id: str) -> tuple[Result, list[str]]:
        """The fields of a page that its app is told of.

        :return: the last result, and the fields: whole only where it was accepted
        """
        path = f"{checked_id(page_id)}/subscribed_apps"
        app_id = checked_id(app_id)
        subscribed: list[str] = []
        for result in self._pages(path, {"fields": "id,name,subscribed_fields"}):
            for app in result.rows:
                if str(app.get("id")) == app_id:
                    fields = app.get("subscribed_fields")
                    # Whatever is not seen here would be lost by the next writing.
                    listed = fields.split(",") if isinstance(fields, str) else fields
                    subscribed += filter(None, map(str.strip, names(listed)))
        return result, subscribed

    def subscribe_page(self, page_id: str, app_id: str) -> Result:
        """Have the page's new leads sent to the app's webhook.

        Keeps the fields that the app is subscribed to already: Meta may take the
        new list for the whole one. Nothing is written when they cannot be read, or
        when leads are among them.
        """
        result, subscribed = self.subscribed_fields(page_id, app_id)
        if not result.answer.accepted or LEADGEN in subscribed:
            return result
        return self._subscribe(page_id, [*subscribed, LEADGEN])

    def unsubscribe_page(self, page_id: str, app_id: str) -> Result:
        """Have the page's new leads no longer sent to the app's webhook.

        The app's other fields stay. Meta does not say whether a new list replaces the
        old one: where it does not, the app is taken off the page and put back with
        the others.
        """
        result, subscribed = self.subscribed_fields(page_id, app_id)
        if not result.answer.accepted or LEADGEN not in subscribed:
            return result
        others = [name for name in subscribed if name != LEADGEN]
        if others:
            result = self._subscribe(page_id, others)
            if not result.answer.accepted:
                return result
            result, subscribed = self.subscribed_fields(page_id, app_id)
            if not result.answer.accepted or LEADGEN not in subscribed:
                return result
        result = self._confirmed(
            self.delete(f"{checked_id(page_id)}/subscribed_apps"),
        )
        if others and result.answer.accepted:
            return self._subscribe(page_id, others)
        return result

    def _subscribe(self, page_id: str, fields: list[str]) -> Result:
        """Write the whole list of a page's fields that the app is told of."""
        path = f"{checked_id(page_id)}/subscribed_apps"
        params = {"subscribed_fields": ",".join(fields)}
        return self._confirmed(self.post(path, params))

    def _confirmed(self, result: Result) -> Result:
        if result.data is not None and result.data.get("success") not in (True, "true"):
            return self.failed(_lt("Meta did not confirm the Page's subscription"))
        return result

    def _pages(
        self,
        path: str,
        params: Mapping[str, object],
        limit: int = _PAGE_SIZE,
        after: str | None = None,
    ) -> Iterator[Result]:
        """A list, page after page.

        Follows the cursors: Meta's ``next`` is an address with the token in it.
        """
        seen = {after} if after else set()
        pages, empty = set(), 0
        while len(seen) < _MAX_PAGES:
            cursor = {"after": after} if after else {}
            result = self.get(path, {**params, "limit": limit, **cursor})
            if limit > 1 and _asks_for_less(result.answer):
                limit //= 2
                continue
            if result.data is not None and not isinstance(
                result.data.get("data"), list
            ):
                result = self.failed(_lt("Meta's answer is not a list"))
            yield result
            if not result.has_next:
                return
            after = result.after
            # A cursor may be new although what comes behind it is not.
            page = tuple(str(row["id"]) for row in result.rows if row.get("id"))
            empty = 0 if page else empty + 1
            is_known = bool(page) and hash(page) in pages
            pages.add(hash(page))
            if not after or after in seen or is_known:
                break
            if empty >= _MAX_EMPTY:
                yield self.failed(EMPTY)
                return
            seen.add(after)
        yield self.failed(ENDLESS)


def _asks_for_less(answer: Answer) -> bool:
    return answer.code == 1 and "reduce the amount of data" in answer.message.lower()
