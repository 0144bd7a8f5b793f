"""A lead and its form, as the tests use them."""

from protocol.lead import Question

NODE = {
    "id": "330000000000001",
    "created_time": "2026-01-31T12:34:56+0000",
    "ad_id": "120200000000000001",
    "ad_name": "Ad A",
    "adset_id": "120200000000000002",
    "adset_name": "Set A",
    "campaign_id": "120200000000000003",
    "campaign_name": "Spring",
    "form_id": "220000000000001",
    "is_organic": False,
    "platform": "ig",
    "field_data": [
        {"name": "full_name", "values": ["Ana Test"]},
        {"name": "email", "values": ["ana@example.com"]},
        {"name": "phone_number", "values": ["+15550100123"]},
        {"name": "which_size?", "values": ["small_(1-5)", "large"]},
        {"name": "budget?"},
    ],
}
QUESTIONS = [
    Question("full_name", "Full name", "FULL_NAME"),
    Question("email", "E-mail", "EMAIL"),
    Question("phone_number", "Phone", "PHONE"),
    Question(
        "which_size?",
        "Which size?",
        "CUSTOM",
        {"small_(1-5)": "Small (1-5)", "large": "Large"},
    ),
    Question("budget?", "Your budget?", "CUSTOM"),
]


def node(*fields, **more):
    data = [
        {"name": name, "values": values} if values is not None else {"name": name}
        for name, values in fields
    ]
    return {"id": "1", "created_time": NODE["created_time"], "field_data": data, **more}
