"""Every rule the stand-in enforces, in one table; read it as documentation.

Columns of a row: name, scope, how sure the rule is, the page of Meta's documentation
it comes from, when it applies (in words), then what is answered: code, subcode, HTTP
status, title, text; at last the check of checks.py where the rule is about one event.

Scopes: "call" (any Graph call), "token", "permission", "object", "reading",
"webhook", "request" (a POST of events as a whole), "event" (one event, refused: and
the whole request with it), "counting" (accepted, yet not counted: nothing is answered)
and "limit" (never by itself; a test scripts it).

How sure: "documented" by Meta; "observed" on the wire by others; "assumed" where Meta
says that something is refused, or may be, and nobody has published how. Texts of
"assumed" rows are the stand-in's own, and a client must not depend on them.

A row with a title answers ``error_user_title`` and ``error_user_msg`` (Meta: handling
errors); its ``message`` is then "Invalid parameter", or the text where a path is named.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from . import chat_checks, checks
from .checks import Context, Finding


class Rule(NamedTuple):
    name: str
    scope: str
    sure: str
    source: str
    when: str
    code: int = 0
    subcode: int | None = None
    status: int = 400
    title: str | None = None
    text: str = ""
    check: Callable[[Any, Context], Finding | None] | None = None


class Refusal(Exception):
    """An error answer of the Graph API: a rule with the blanks of its text filled."""

    def __init__(self, name: str, /, **blanks: object) -> None:
        self.rule = RULES[name]
        self.text = self.rule.text.format(**blanks)
        super().__init__(f"{name}: {self.text}")

    def error(self) -> dict:
        """Meta's error object, without ``fbtrace_id`` (Meta: handling errors)."""
        rule = self.rule
        names_a_path = "{path}" in rule.text
        message = self.text if names_a_path or not rule.title else "Invalid parameter"
        error: dict = {"message": message, "type": _type(rule), "code": rule.code}
        if rule.subcode is not None:
            error["error_subcode"] = rule.subcode
        if rule.title:
            error |= {
                "is_transient": False,
                "error_user_title": rule.title,
                "error_user_msg": self.text,
            }
        elif rule.name in ("transient", "reduce_data"):
            error["is_transient"] = True
        return error


def _type(rule: Rule) -> str:
    graph_method = rule.subcode == 33 or rule.name.startswith("proof_")
    return "GraphMethodException" if graph_method else "OAuthException"


_D, _O, _A = "documented", "observed", "assumed"
_PARAMETER = "Server Side Api Parameter Error"
_UNSUPPORTED = (
    "Unsupported {method} request. Object with ID '{id}' does not exist, cannot be "
    "loaded due to missing permissions, or does not support this operation. Please "
    "read the Graph API documentation at "
    "https://developers.facebook.com/docs/graph-api"
)
_SESSION = "Error validating access token: "
_SERVER_EVENT = "Conversions API: server event parameters"
_CUSTOMER = "Conversions API: customer information parameters"
_CUSTOM = "Conversions API: custom data parameters"
_CRM = "Conversions API for CRM: payload specification"
_MESSAGING = "Conversions API for business messaging"
_ERRORS = "Graph API: handling errors"
_LIMITS = "Graph API: rate limits"
_LOGIN = "Facebook Login: manually build a login flow"
_EXTENSION = "Business Extension: installs"
_LEADS = "Lead ads: retrieving leads"

# Laid out by hand, one or two long lines a row, so that it reads as a table.
# ruff: noqa: E501
# fmt: off
_TABLE = (
    # -- any call --
    Rule("marketing_version", "call", _D, "Marketing API: versioning", "a Marketing call (events, dataset) without a version",
         2635, None, 400, None, "(#2635) You are calling a deprecated version of the Ads API. Please update to the latest version: v26.0."),
    Rule("removed_parameter", "call", _D, "Graph API: changelog of v26.0", "the call uses ids, or date_format on v26.0 and later",
         100, None, 400, None, "(#100) The parameter {name} is no longer supported"),
    Rule("bad_parameter", "call", _O, _ERRORS, "a parameter is malformed",
         100, None, 400, None, "(#100) {what}"),
    Rule("parameter_required", "call", _O, _ERRORS, "a parameter of the call is missing",
         100, None, 400, None, "(#100) The parameter {name} is required"),
    Rule("unknown_field", "call", _O, "Graph API: field expansion", "fields= names a field the node has not",
         100, None, 400, None, "(#100) Tried accessing nonexisting field ({name}) on node type ({node})"),
    Rule("unknown_path", "call", _O, _ERRORS, "no such edge",
         2500, None, 400, None, "Unknown path components: /{name}"),
    # -- tokens --
    Rule("no_token", "token", _O, _ERRORS, "a call on an object without a token", 100, 33, 400, None, _UNSUPPORTED),
    Rule("no_token_for_me", "token", _O, _ERRORS, "/me, /debug_token without a token, or /me with an app token",
         2500, None, 400, None, "An active access token must be used to query information about the current user."),
    Rule("bad_token", "token", _D, _ERRORS, "the token is not one of ours", 190, None, 401, None, "Invalid OAuth access token - Cannot parse access token"),
    Rule("expired_token", "token", _D, _ERRORS, "the token's time is over", 190, 463, 401, None, _SESSION + "Session has expired on {expired}. The current time is {now}."),
    Rule("app_removed", "token", _D, _ERRORS, "the person removed the app", 190, 458, 401, None, _SESSION + "The user has not authorized application {app_id}."),
    Rule("checkpoint", "token", _D, _ERRORS, "the person must log in at Meta first", 190, 459, 401, None, _SESSION + "You cannot access the app till you log in to www.facebook.com and follow the instructions given."),
    Rule("password_changed", "token", _D, _ERRORS, "the person changed the password", 190, 460, 401, None, _SESSION + "The session has been invalidated because the user changed their password or Facebook has changed the session for security reasons."),
    Rule("unconfirmed_user", "token", _D, _ERRORS, "the person is not confirmed", 190, 464, 401, None, _SESSION + "Sessions for the user are not allowed because the user is not a confirmed user."),
    Rule("user_not_allowed", "token", _O, _ERRORS, "the system user was deleted", 190, 465, 401, None, _SESSION + "The user is not allowed to use the application."),
    Rule("token_invalidated", "token", _D, _ERRORS, "the token was regenerated or withdrawn", 190, 467, 401, None, _SESSION + "This may be because the user logged out or may be due to a system error."),
    Rule("page_token_needed", "token", _O, "Pages API: new Pages experience", "a Page's leads, forms or subscription with another token",
         190, 2069032, 400, None, "User Access Token Is Not Supported: A Page access token is required for this call for the new Pages experience."),
    Rule("app_token_needed", "token", _O, "Graph API: application subscriptions", "an app's subscriptions with another token",
         15, None, 400, None, "(#15) This method must be called with an app access_token."),
    Rule("foreign_app_token", "token", _O, "Graph API: debug_token", "debug_token with a token of another app",
         100, None, 400, None, "(#100) You must provide an app access token, or a user access token that is an owner or developer of the app"),
    Rule("proof_missing", "token", _D, "Graph API: securing requests", "the app requires appsecret_proof and none is in the query string",
         100, None, 400, None, "API calls from the server require an appsecret_proof argument"),
    Rule("proof_wrong", "token", _D, "Graph API: securing requests", "appsecret_proof is not the HMAC of this token with this app's secret",
         100, None, 400, None, "Invalid appsecret_proof provided in the API argument"),
    # -- the business extension --
    Rule("app_unknown", "token", _O, _LOGIN, "the code is exchanged for an app that is not there",
         101, None, 400, None, "Error validating application. Cannot get application info due to a system error."),
    Rule("secret_wrong", "token", _O, _LOGIN, "the code is exchanged with another app secret", 1, None, 400, None, "Error validating client secret."),
    Rule("code_unknown", "token", _O, _LOGIN, "the code is none of ours", 100, None, 400, None, "Invalid verification code format."),
    Rule("code_used", "token", _O, _LOGIN, "the code was exchanged before", 100, 36009, 400, None, "This authorization code has been used."),
    Rule("code_expired", "token", _O, _LOGIN, "the code is older than ten minutes", 100, 36007, 400, None, "This authorization code has expired."),
    Rule("code_elsewhere", "token", _O, _LOGIN, "the redirect address is not that of the dialog",
         100, 36008, 400, None, "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request"),
    Rule("no_install", "object", _A, _EXTENSION, "the external business id is unknown, or another token's", 100, None, 400, None, "(#100) No business extension install for this external business id"),
    Rule("not_installed", "object", _A, _EXTENSION, "the app was uninstalled for this business", 100, None, 400, None, "(#100) The business extension is not installed"),
    # -- permissions --
    Rule("scope_missing", "permission", _O, "Lead ads: permissions", "the token lacks the permission of the call",
         200, None, 403, None, "(#200) Requires {scope} permission to manage the object"),
    Rule("page_read_missing", "permission", _O, "Pages API: permissions", "a Page read without pages_read_engagement",
         100, None, 400, None, "(#100) This endpoint requires the 'pages_read_engagement' permission or the 'Page Public Content Access' feature."),
    Rule("lead_access_revoked", "permission", _O, "Leads Access Manager", "the page's Leads Access Manager has put the app out",
         103, None, 403, None, "(#103) CRM access has been revoked from Lead Access Manager."),
    Rule("read_refused", "permission", _O, "Conversions API: get started", "a dataset read with a send-only token or one without right to it",
         100, None, 400, None, "(#100) Missing Permission"),
    Rule("quality_permission", "permission", _D, "Conversions API: dataset quality", "quality asked without ads_read, or with neither ads_management nor business_management",
         10, None, 403, None, "(#10) Application does not have permission for this action"),
    Rule("quality_no_dataset", "permission", _O, "Conversions API: dataset quality", "quality asked of a dataset that is not there",
         100, 2044055, 400, "Dataset Not Found", "The dataset does not exist."),
    Rule("events_refused", "permission", _D, "Conversions API: get started", "events sent with a token that lacks ads_management",
         200, None, 403, None, "(#200) Ad account owner has NOT grant ads_management or ads_read permission"),
    Rule("api_not_available", "permission", _O, "Graph API: page, has_lead_access", "has_lead_access asked by a system user",
         10, None, 403, None, "(#10) This API is not available."),
    # -- objects --
    Rule("no_access", "object", _D, _ERRORS, "the object is unknown, deleted, past 90 days, or another's", 100, 33, 400, None, _UNSUPPORTED),
    Rule("unknown_alias", "object", _O, _ERRORS, "the id in the path is no number",
         803, None, 404, None, "(#803) Some of the aliases you requested do not exist: {id}"),
    # -- reading --
    Rule("reduce_data", "reading", _O, "Graph API: paging", "the page asked for is too large",
         1, None, 500, None, "Please reduce the amount of data you're asking for, then retry your request"),
    Rule("test_lead_exists", "reading", _D, "Lead ads: testing", "the form has a test lead already (one per form)",
         100, None, 400, None, "(#100) A test lead of this form exists already. Delete it first."),
    # -- webhooks --
    Rule("callback_failed", "webhook", _D, "Webhooks: getting started", "the callback does not echo the challenge",
         2200, None, 400, None, "(#2200) Callback verification failed with the following errors: {why}"),
    # -- a request of events --
    Rule("no_data_key", "request", _O, "Conversions API: using the API", "the body has no data, or is no JSON",
         100, None, 400, None, "(#100) The parameter data is required"),
    Rule("data_not_a_list", "request", _O, "Conversions API: using the API", "data is no JSON array", 100, None, 400, None, "(#100) Param data must be an array."),
    Rule("data_empty", "request", _O, "Conversions API: using the API", "data is empty", 100, None, 400, None, "(#100) Param data must be non-empty."),
    Rule("too_many_events", "request", _D, "Conversions API: using the API", "more than 1,000 events in one request",
         100, None, 400, None, "(#100) Param data must have at most 1000 elements."),
    Rule("partner_agent", "request", _D, "Conversions API: end-to-end implementation", "partner_agent has 23 characters or more, or fewer than two letters",
         100, None, 400, None, "(#100) Param partner_agent must have fewer than 23 characters and at least two letters."),
    Rule("test_event_code", "request", _D, "Conversions API: using the API", "test_event_code is no text", 100, None, 400, None, "(#100) Param test_event_code must be a string."),
    # -- one event, and with it the request --
    Rule("event_not_an_object", "event", _O, _SERVER_EVENT, "an event is no JSON object",
         100, 2804019, 400, _PARAMETER, "The parameter {path} must be {expected}.", checks.is_object),
    Rule("unexpected_key", "event", _O, _SERVER_EVENT, "a key that neither the event nor user_data knows",
         100, 2804019, 400, _PARAMETER, 'Unexpected key "{key}" on param "{path}".', checks.unexpected_key),
    Rule("missing_name", "event", _D, _SERVER_EVENT, "event_name, event_time, action_source (or what the action source needs) is missing",
         100, 2804019, 400, _PARAMETER, "The parameter {path} is required.", checks.required),
    Rule("wrong_type", "event", _O, _SERVER_EVENT, "a value of another type than the reference gives",
         100, 2804019, 400, _PARAMETER, "The parameter {path} must be {expected}.", checks.wrong_type),
    Rule("wrong_value", "event", _D, _SERVER_EVENT, "a value outside its enumeration; a currency that ISO 4217 has not",
         100, 2804019, 400, _PARAMETER, "The parameter {path} must be {expected}.", checks.wrong_value),
    Rule("limited_data_use", "event", _D, "Conversions API: data processing options", "LDU without country, country without state, unknown codes",
         100, 2804019, 400, _PARAMETER, "The parameter {path} must be {expected}.", checks.limited_data_use),
    Rule("not_hashed", "event", _A, _CUSTOMER, "contact data that is no lower-case SHA-256, or is the hash of an empty text",
         100, 2804019, 400, _PARAMETER, "The parameter {path} must be a SHA-256 hash of the normalized value.", checks.hashed),
    Rule("wrong_ip_address", "event", _A, _CUSTOMER, "client_ip_address is no IPv4 or IPv6 address",
         100, 2804019, 400, _PARAMETER, "The parameter {path} must be {expected}.", checks.ip_address),
    Rule("wrong_lead_id", "event", _A, _CRM, "lead_id is no integer of 15 to 17 digits",
         100, None, 400, "Invalid Lead ID", "The lead ID of an event is not valid. It must be an integer of 15 to 17 digits.", checks.lead_id),
    Rule("too_old", "event", _D, _SERVER_EVENT, "event_time is more than 7 days ago (physical_store: 62 days)",
         100, 2804003, 400, "Event Timestamp Too Old", "The timestamp of an event is too far in the past. Send events within 7 days of their time.", checks.too_old),
    Rule("in_the_future", "event", _O, _SERVER_EVENT, "event_time is more than 60 seconds ahead",
         100, 2804004, 400, "Event Timestamp In The Future", "The timestamp of an event is in the future.", checks.in_the_future),
    Rule("no_user_data", "event", _D, _CUSTOMER, "no customer information parameter at all",
         100, 2804014, 400, "Missing User Parameters", "An event has no customer information parameter.", checks.no_user_data),
    Rule("too_broad", "event", _D, "Conversions API: best practices", "the identifiers are only one of Meta's too broad sets, or a part of one",
         100, 2804050, 400, "Insufficient Customer Information Parameter Data", "An event has a combination of customer information parameters that is too broad.", checks.too_broad),
    Rule("purchase_without_value", "event", _D, _CUSTOM, "Purchase without value",
         100, 2804009, 400, "Missing Value for Purchase Event", "A Purchase event needs a value.", checks.purchase_without_value),
    Rule("purchase_without_currency", "event", _D, _CUSTOM, "Purchase without currency",
         100, 2804010, 400, "Missing Currency for Purchase Event", "A Purchase event needs a currency.", checks.purchase_without_currency),
    Rule("value_without_currency", "event", _O, _CUSTOM, "value without currency, whatever the event",
         100, 2804023, 400, "Missing Currency", "An event with a value needs a currency.", checks.value_without_currency),
    Rule("app_event_without_os_version", "event", _O, "Conversions API: app data parameters", "action_source app without the 16 slots of extinfo, or a blank OS version",
         100, 2804043, 400, "Missing OS Version", "The extinfo of an app event needs the OS version.", checks.app_event_without_os_version),
    Rule("messaging_name", "event", _O, _MESSAGING, "business_messaging with a name that is not allowed there (Lead, own names)",
         100, 2804066, 400, "Event Name Not Allowed", "This event name cannot be used with business messaging.", checks.messaging_name),
    Rule("messenger_without_page", "event", _O, _MESSAGING, "messenger without page_id",
         100, 2804069, 400, "Missing Page ID", "A Messenger event needs the page ID.", checks.messenger_without_page),
    Rule("whatsapp_without_account", "event", _O, _MESSAGING, "whatsapp without whatsapp_business_account_id",
         100, 2804116, 400, "Missing WhatsApp Business Account ID", "A WhatsApp event needs the WhatsApp business account ID.", checks.whatsapp_without_account),
    Rule("instagram_without_account", "event", _O, _MESSAGING, "instagram without ig_account_id",
         100, 2804079, 400, "Missing Instagram Account ID", "An Instagram event needs the Instagram account ID.", checks.instagram_without_account),
    Rule("whatsapp_without_click", "event", _O, _MESSAGING, "whatsapp without a usable ctwa_clid",
         100, 2804087, 400, "Invalid Click ID", "A WhatsApp event needs the click ID of its ad.", chat_checks.whatsapp_without_click),
    Rule("messenger_without_person", "event", _A, _MESSAGING, "messenger without page_scoped_user_id",
         100, 2804014, 400, "Missing User Parameters", "A Messenger event needs the page-scoped user ID.", chat_checks.messenger_without_person),
    Rule("instagram_without_person", "event", _A, _MESSAGING, "instagram without ig_sid",
         100, 2804014, 400, "Missing User Parameters", "An Instagram event needs the Instagram-scoped ID.", chat_checks.instagram_without_person),
    # -- accepted, yet not counted by the dataset of a Page, WhatsApp or Instagram account --
    Rule("not_of_a_chat", "chat", _A, _MESSAGING, "action_source is not business_messaging", check=chat_checks.not_of_a_chat),
    Rule("with_browser_data", "chat", _A, _MESSAGING, "it has an IP address, a user agent, fbc or fbp", check=chat_checks.with_browser_data),
    Rule("of_another_account", "chat", _D, _MESSAGING, "the account is not the one of the dataset", check=chat_checks.of_another_account),
    Rule("without_a_chat", "chat", _D, _MESSAGING, "no ad opened a chat with this click or person", check=chat_checks.without_a_chat),
    Rule("before_the_chat", "chat", _A, _MESSAGING, "event_time is before the chat", check=chat_checks.before_the_chat),
    # -- accepted, yet not counted --
    Rule("not_a_crm_dataset", "counting", _A, "Conversions API for CRM: create a CRM dataset", "the dataset is no CRM dataset", check=checks.not_a_crm_dataset),
    Rule("not_system_generated", "counting", _D, _CRM, "action_source is not system_generated", check=checks.not_system_generated),
    Rule("without_event_source", "counting", _D, _CRM, "custom_data.event_source is not crm", check=checks.without_event_source),
    Rule("without_lead_event_source", "counting", _D, _CRM, "custom_data.lead_event_source is missing", check=checks.without_lead_event_source),
    Rule("without_a_lead", "counting", _D, "Conversions API for CRM: verify events", "no lead has this lead_id, e-mail or phone", check=checks.without_a_lead),
    Rule("before_the_lead", "counting", _D, _CRM, "event_time is not after the lead's creation", check=checks.before_the_lead),
    # -- limits and other troubles, only when scripted --
    Rule("throttle_app", "limit", _D, _LIMITS, "app request limit", 4, None, 400, None, "(#4) Application request limit reached"),
    Rule("throttle_user", "limit", _D, _LIMITS, "user request limit", 17, 2446079, 400, "User Request Limit Reached", "(#17) User request limit reached"),
    Rule("throttle_page", "limit", _D, _LIMITS, "page request limit", 32, None, 400, None, "(#32) Page request limit reached"),
    Rule("throttle_account", "limit", _D, _LIMITS, "ads management limit of a business use case", 80004, 2446079, 400, "Ad Account Has Too Many API Calls", "There have been too many calls to this ad-account. Wait a bit and try again."),
    Rule("throttle_leads", "limit", _D, "Graph API: page leadgen_forms", "lead retrieval limit of the Page", 80005, None, 400, None, "(#80005) There have been too many leadgen api calls to this Page account. Wait a bit and try again."),
    Rule("throttle_custom", "limit", _D, _LIMITS, "custom-level limit", 613, None, 400, None, "(#613) Calls to this api have exceeded the rate limit."),
    Rule("blocked", "limit", _D, _ERRORS, "blocked for a policy reason", 368, None, 400, None, "(#368) The action attempted has been deemed abusive or is otherwise disallowed"),
    Rule("transient", "limit", _D, _ERRORS, "Meta is down for a moment", 2, None, 500, None, "An unexpected error has occurred. Please retry your request later."),
    Rule("unknown_error", "limit", _D, _ERRORS, "Meta does not know either", 1, None, 500, None, "An unknown error occurred"),
    Rule("not_ready", "limit", _O, "Conversions API: dataset upload", "uploads to the dataset are not ready", 21009, None, 400, None, "(#21009) The dataset is temporarily not ready for uploads."),
)
# fmt: on

RULES: dict[str, Rule] = {rule.name: rule for rule in _TABLE}
EVENT_RULES = tuple(rule for rule in _TABLE if rule.scope == "event")
COUNTING_RULES = tuple(rule for rule in _TABLE if rule.scope == "counting")
CHAT_RULES = tuple(rule for rule in _TABLE if rule.scope == "chat")
# What a token answers after its withdrawal, by error subcode.
WITHDRAWAL_RULES = {
    rule.subcode: rule.name
    for rule in _TABLE
    if rule.code == 190 and rule.subcode in (458, 459, 460, 464, 465, 467)
}
