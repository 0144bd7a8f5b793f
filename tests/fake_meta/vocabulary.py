"""Meta's fixed words: keys, enumerations and field lists of the Graph API.

Sources are Meta's reference pages: server event, customer information, custom data
and data processing parameters of the Conversions API; the nodes Lead, LeadGenForm,
Page and AdsPixel of the Graph API.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Graph API changelog. The Conversions API follows the Graph schedule; the other
# Marketing endpoints (here: reading a dataset) live much shorter.
OLDEST_VERSION = 21
NEWEST_VERSION = 26
OLDEST_MARKETING_VERSION = 25

SCOPES = (
    "ads_management",
    "ads_read",
    "business_management",
    "leads_retrieval",
    "pages_manage_ads",
    "pages_manage_metadata",
    "pages_read_engagement",
    "pages_show_list",
)
#: Given to apps on Meta's list alone, in the dialog of the business extension.
EXTENSION_SCOPE = "manage_business_extension"
#: Verticals of the business extension, each with the intents that it offers.
BUSINESS_INTENTS = {
    "LEAD_ADS": ("LEAD_ADS",),
    "MEASUREMENT_AND_OPTIMIZATION": ("CONVERSIONS_API",),
}
TOKEN_KINDS = ("system_user", "page", "app", "user", "send_only")

DAY = 86400
MAX_EVENTS = 1000
MAX_AGE = 7 * DAY
MAX_AGE_PHYSICAL_STORE = 62 * DAY
LEAD_RETENTION = 90 * DAY
# Meta gives no figure; a minute forgives clocks that are synchronised at all.
FUTURE_TOLERANCE = 60

ACTION_SOURCES = _words(
    "email website app phone_call chat physical_store system_generated "
    "business_messaging other"
)
MESSAGING_CHANNELS = frozenset(("messenger", "whatsapp", "instagram"))
MESSAGING_EVENT_NAMES = _words(
    "Purchase LeadSubmitted InitiateCheckout AddToCart ViewContent OrderCreated "
    "OrderShipped OrderDelivered OrderCanceled OrderReturned CartAbandoned "
    "QualifiedLead RatingProvided ReviewProvided"
)
_CUSTOMER_LEVELS = ("business", "business_line", "product_area", "medium")
CUSTOMER_SEGMENTATIONS = frozenset(
    [f"new_customer_to_{level}" for level in _CUSTOMER_LEVELS]
    + [f"existing_customer_to_{level}" for level in _CUSTOMER_LEVELS]
    + ["customer_in_loyalty_program"]
)
CONTENT_TYPES = frozenset(("product", "product_group"))
LDU_STATES = frozenset({0, *range(1000, 1014)})

# What a value must be, by key. The kinds are checked in checks.py.
EVENT_KEYS = {
    "event_name": "text",
    "event_time": "integer",
    "action_source": "text",
    "user_data": "object",
    "custom_data": "object",
    "event_id": "text",
    "event_source_url": "text",
    "referrer_url": "text",
    "opt_out": "boolean",
    "data_processing_options": "texts",
    "data_processing_options_country": "integer",
    "data_processing_options_state": "integer",
    "app_data": "object",
    "original_event_data": "object",
    "customer_segmentation": "text",
    "messaging_channel": "text",
    "attribution_data": "object",
    "advanced_measurement_table": "text",
    # Meta's guide for CRM platforms prints it here; the reference puts it at the root.
    "partner_agent": "text",
}
HASHED_KEYS = _words(
    "em ph fn ln db ge ct st zp country f5first f5last fi dobd dobm doby"
)
USER_DATA_KEYS = {
    **dict.fromkeys(sorted(HASHED_KEYS), "text or texts"),
    "external_id": "text or texts",
    "client_ip_address": "text",
    "client_user_agent": "text",
    "fbc": "text",
    "fbp": "text",
    "subscription_id": "text",
    "fb_login_id": "integer",
    "lead_id": "anything",  # its own rule: see checks.lead_id
    "anon_id": "text",
    "madid": "text",
    "page_id": "text",
    "page_scoped_user_id": "text",
    "ctwa_clid": "text",
    "ig_account_id": "text",
    "ig_sid": "text",
    "whatsapp_business_account_id": "text",
    "instagram_business_account_id": "text",
}
CUSTOM_DATA_KEYS = {
    "value": "number",
    "net_revenue": "number",
    "predicted_ltv": "number",
    "currency": "text",
    "order_id": "text",
    "content_ids": "texts",
    "contents": "objects",
    "content_name": "text",
    "content_category": "text",
    "content_type": "text",
    "num_items": "integer",
    "status": "text",
    "event_source": "text",
    "lead_event_source": "text",
}
# Identifiers that are too broad when an event carries nothing but a subset of one set
# (Meta: best practices, "invalid combinations", since v13.0).
TOO_BROAD = (
    frozenset(("ct", "country", "st", "zp", "ge", "client_user_agent")),
    frozenset(("db", "client_user_agent")),
    frozenset(("fn", "ge")),
    frozenset(("ln", "ge")),
)
HASH_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

# ISO 4217, active codes.
CURRENCIES = _words(
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL "
    "BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP "
    "ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR "
    "IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL "
    "LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR "
    "NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD "
    "SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX "
    "USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG"
)

LEAD_FIELDS = _words(
    "id created_time ad_id ad_name adset_id adset_name campaign_id campaign_name "
    "form_id field_data custom_disclaimer_responses is_organic platform partner_name "
    "retailer_item_id home_listing vehicle post post_submission_check_result"
)
# Only with ads_management, and only for leads that came from an ad.
LEAD_AD_FIELDS = (
    "ad_id",
    "ad_name",
    "adset_id",
    "adset_name",
    "campaign_id",
    "campaign_name",
)
LEAD_DEFAULT_FIELDS = ("id", "created_time", "field_data")
FORM_FIELDS = _words(
    "allow_organic_lead block_display_for_non_targeted_viewer context_card "
    "created_time creator expired_leads_count follow_up_action_text "
    "follow_up_action_url id is_optimized_for_quality leads_count legal_content locale "
    "name organic_leads_count page page_id privacy_policy_url "
    "question_page_custom_headline questions status thank_you_page "
    "tracking_parameters"
)
FORM_DEFAULT_FIELDS = ("id", "locale", "name", "status")
# How lists of leads may misbehave (control.py).
PAGING_FAULTS = ("repeat_next", "repeat_first", "ignore_filter", "unordered")
FORM_STATUSES = ("ACTIVE", "ARCHIVED", "DELETED", "DRAFT")
PAGE_FIELDS = _words(
    "id name access_token category category_list tasks leadgen_tos_accepted "
    "has_lead_access"
)
PAGE_DEFAULT_FIELDS = ("id", "name")
DATASET_FIELDS = _words(
    "id name is_crm is_unavailable is_consolidated_container last_fired_time "
    "server_last_fired_time owner_business creation_time match_rate_approx "
    "valid_entries matched_entries duplicate_entries event_time_min event_time_max "
    "usage"
)
DATASET_DEFAULT_FIELDS = ("id", "name")
PAGE_TASKS = ("ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MANAGE", "MODERATE")
