"""What is compared, by which program, and the values that the figures have to reach."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """What a figure is, and the value that it has to reach or to stay below."""

    what: str
    value: float
    at_least: bool = False

    def is_met(self, figure: float) -> bool:
        return figure >= self.value if self.at_least else figure <= self.value

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.value:g}"


@dataclass(frozen=True)
class Comparison:
    """One measuring program and the figures that it gives.

    It runs as ``python -m tests.workbench.<module> CONFIG [URL] [DATABASE …]`` in a
    process of its own; the last line that it prints is JSON.

    :param databases: each a copy of a fresh database with the addon
    :param answer_ms: how long the stub of Graph takes to answer; None for no stub
    :param modules: more modules in these databases
    :param served: an Odoo serves the database meanwhile, with its crons; its address is
        the last word
    :param bare: a database without the addon comes before the others
    """

    module: str
    bars: dict[str, Bar]
    databases: tuple[str, ...] = ()
    answer_ms: int | None = None
    modules: tuple[str, ...] = ()
    served: bool = False
    bare: bool = False


#: What a person opens, by the name in ``bench_screens.SCREENS``.
SCREENS = {
    "overview": "sync overview",
    "reconciliation": "reconciliation of 30 days",
    "funnel_doctor": "funnel doctor",
    "funnel_board": "funnel board with its dry run",
    "setup": "setup assistant",
    "connections": "connections",
    "pages": "Pages",
    "forms": "forms",
    "datasets": "datasets",
    "mapping": "funnel-stage mapping",
    "events": "list of events",
    "submissions": "list of submissions",
    "sync_log": "sync log",
    "quality": "quality by day",
    "chats": "chats from ads",
    "chat_accounts": "chat accounts",
    "past_steps": "reports of past steps",
    "pipeline": "pipeline with the icons of Meta's leads",
    "connection_form": "a connection",
    "dataset_form": "a dataset",
    "form_form": "an instant form",
    "event_form": "an event",
    "chat_account_form": "a chat account",
    "past_steps_form": "a planned report of past steps",
    "lead_form": "a lead",
    "lead_meta_tab": "a lead's tab “Meta”",
}

COMPARISONS = {
    "stage_write": Comparison(
        "bench_stage_write",
        {
            "stage_write_single_ratio": Bar(
                "one stage write with commit ÷ bare Odoo", 1.15
            ),
            "stage_write_foreign_ratio": Bar(
                "the same for a lead that is not Meta's", 1.05
            ),
            "stage_write_bulk_hook_share": Bar(
                "1,000 leads in one write: our hooks ÷ rest", 0.03
            ),
            "enqueue_ms_per_event": Bar("the same: queueing one event, ms", 0.25),
        },
        databases=("bench_stage_write",),
        bare=True,
    ),
    "drain": Comparison(
        "bench_drain",
        {
            "drain_first_ratio_of_raw": Bar(
                "first sends a second ÷ a bare loop without Odoo", 0.25, at_least=True
            ),
            "drain_retry_ratio_of_raw": Bar(
                "the same for frozen bodies", 0.6, at_least=True
            ),
        },
        databases=("bench_drain",),
        answer_ms=0,
    ),
    "queue_job": Comparison(
        "bench_queue_job",
        {
            "drain_vs_queue_job": Bar(
                "first sends a second ÷ no-op jobs of OCA's queue_job",
                30,
                at_least=True,
            )
        },
        databases=("bench_queue_job",),
        modules=("queue_job",),
        answer_ms=0,
    ),
    "build": Comparison(
        "bench_build",
        {
            "build_vs_sdk": Bar(
                "Meta's own SDK building 1,000 events ÷ ours", 2, at_least=True
            )
        },
    ),
    "growth": Comparison(
        "bench_growth",
        {
            "drain_growth_1m_log": Bar(
                "drain rate with a million finished rows ÷ with ten thousand",
                0.9,
                at_least=True,
            )
        },
        databases=("bench_growth_small", "bench_growth_large"),
        answer_ms=0,
    ),
    "mass_move": Comparison(
        "bench_mass_move",
        {
            "mass_move_10k_600ms_s": Bar(
                "10,000 leads moved at once, Meta answers in 600 ms: commit to last, s",
                20,
            )
        },
        databases=("bench_mass_move",),
        answer_ms=600,
        served=True,
    ),
    "latency": Comparison(
        "bench_latency",
        {
            "move_to_accepted_default_p95_s": Bar(
                "20 moves a minute: commit to accepted, s", 75
            ),
            "move_to_accepted_at_once_p95_s": Bar("the same with send_at_once, s", 5),
        },
        databases=("bench_latency",),
        answer_ms=0,
        served=True,
    ),
    "webhook": Comparison(
        "bench_webhook",
        {
            "webhook_ack_ratio": Bar("one signed change ÷ an empty public route", 3),
            "webhook_ack_1000_p99_ms": Bar("a POST of 1,000 changes, p99, ms", 250),
        },
        databases=("bench_webhook",),
        modules=("meta_bench_route",),
        answer_ms=0,
        served=True,
    ),
    "intake": Comparison(
        "bench_intake",
        {
            "intake_per_lead_ratio": Bar(
                "reading, mapping and making a lead ÷ a bare create with commit", 1.25
            )
        },
        databases=("bench_intake",),
        answer_ms=0,
        bare=True,
    ),
    "import_memory": Comparison(
        "bench_import_memory",
        {
            "import_count_memory_growth": Bar(
                "50,000 leads of a form counted: most memory ÷ that after a tenth", 1.05
            ),
            "import_memory_growth": Bar(
                "the same leads imported: most memory ÷ that after a tenth", 1.05
            ),
        },
        databases=("bench_import_memory",),
        answer_ms=0,
    ),
    "screen_open": Comparison(
        "bench_screens",
        {
            f"screen_open_ms_{name}": Bar(
                f"100,000 events: click to rendered, {what}, ms", 1000
            )
            for name, what in SCREENS.items()
        },
        databases=("bench_screens",),
        answer_ms=0,
        served=True,
    ),
}
