"""Our building of events against that of Meta's own SDK for Python.

Both begin with the same plain values of 1,000 people, eight keys each, the phone as
Odoo has sanitised it, and end with the JSON of each event. The people are other ones
every time, so that nobody profits from what it remembers of them; only their cities
and states are the same.

``python -m tests.workbench.bench_build CONFIG``
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import sys
import time
from collections.abc import Callable
from types import ModuleType

from .bench_rounds import in_turn, medians
from .layout import Layout

EVENTS = 1_000
ROUNDS = 31
EVENT_NAME = "qualified"
TIME = 1_790_000_000
FIRST_NAMES = "Ada Björn Chloé Dmitri Eve Fátima Giulia Hiro".split()
LAST_NAMES = ("Lovelace", "Borg", "O'Neill", "Smith-Jones", "Núñez")
CITIES = ("Springfield", "St. Louis", "New York", "San José")
STATES = ("CA", "NY", "TX", "OH", "MO")


def main(_config_file: str) -> None:
    """Measure and print one line of JSON."""
    build_ours = ours(Layout.of_this_clone())
    lanes = {"sdk": sdk(), "ours": build_ours, "sdk_again": sdk()}
    times = in_turn({name: timed(lane) for name, lane in lanes.items()}, ROUNDS)
    taken = medians({**times, "sdk_both": times["sdk"] + times["sdk_again"]})
    print(
        json.dumps(
            {
                "a_a": taken["sdk_again"] / taken["sdk"],
                "build_vs_sdk": taken["sdk_both"] / taken["ours"],
                "build_ms_per_1000": taken["ours"] * 1000,
                "build_sdk_ms_per_1000": taken["sdk_both"] * 1000,
            }
        )
    )


def person(number: int) -> dict[str, str]:
    """The plain values of one person, by Meta's keys."""
    return {
        "em": f"Person.{number}@Example.com",
        "ph": f"+1202456{number % 10_000:04}",
        "fn": FIRST_NAMES[number % 8],
        "ln": f"{LAST_NAMES[number % 5]} {'abcdefgh'[number % 7]}",
        "ct": CITIES[number % 4],
        "st": STATES[number % 5],
        "zp": f"{10_000 + number % 90_000}",
        "country": "US",
        "lead_id": str(10**15 + number),
    }


def timed(build: Callable[[dict[str, str]], object]) -> Callable[[], float]:
    """A lane that builds the events of people whom it has not seen before."""
    numbers = itertools.count()

    def lane() -> float:
        people = [person(next(numbers)) for _ in range(EVENTS)]
        started = time.perf_counter()
        for one in people:
            build(one)
        return time.perf_counter() - started

    return lane


def sdk() -> Callable[[dict[str, str]], str]:
    """Meta's SDK, as its documentation uses it."""
    from facebook_business.adobjects.serverside.action_source import ActionSource
    from facebook_business.adobjects.serverside.custom_data import CustomData
    from facebook_business.adobjects.serverside.event import Event
    from facebook_business.adobjects.serverside.user_data import UserData

    def build(person: dict[str, str]) -> str:
        event = Event(
            event_name=EVENT_NAME,
            event_time=TIME,
            event_id=person["lead_id"],
            action_source=ActionSource.SYSTEM_GENERATED,
            user_data=UserData(
                email=person["em"],
                phone=person["ph"],
                first_name=person["fn"],
                last_name=person["ln"],
                city=person["ct"],
                state=person["st"],
                zip_code=person["zp"],
                country_code=person["country"],
                lead_id=person["lead_id"],
            ),
            custom_data=CustomData(
                custom_properties={"event_source": "crm", "lead_event_source": "Odoo"}
            ),
        )
        return json.dumps(event.normalize())

    return build


def ours(layout: Layout) -> Callable[[dict[str, str]], bytes]:
    """The addon's own way, from plain values to frozen bytes."""
    load_protocol(layout)
    from protocol import customer, event

    nobody = customer.Party()

    def build(person: dict[str, str]) -> bytes:
        party = customer.Party(
            name=f"{person['fn']} {person['ln']}",
            emails=[person["em"]],
            phones=[person["ph"]],
            city=person["ct"],
            zip=person["zp"],
            state=person["st"],
            state_code=person["st"],
            state_country=person["country"],
            country=person["country"],
        )
        return event.encode(
            event.build(
                event_name=EVENT_NAME,
                event_time=TIME,
                event_id=person["lead_id"],
                lead_id=person["lead_id"],
                user_data=customer.customer_keys(party, nobody),
            )
        )

    return build


def load_protocol(layout: Layout) -> ModuleType:
    """Make the addon's ``protocol`` importable by that name, without Odoo."""
    package = layout.addon / "protocol"
    spec = importlib.util.spec_from_file_location(
        "protocol", package / "__init__.py", submodule_search_locations=[str(package)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["protocol"] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main(*sys.argv[1:])
