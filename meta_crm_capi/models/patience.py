"""How long a person is made to wait for a list of Meta's."""

import time

#: No further request begins so long after the first one (seconds). With the last one's
#: own time this stays below Odoo's limit for a web request of 120 s.
WAIT = 20


def take_in_time(results):
    """The results of a list, till the time that a person may wait is over.

    :param results: iterable of ``client.Result``
    :return: a list; its last one ``has_next`` where the rest was left
    """
    began = time.monotonic()
    taken = []
    for result in results:
        taken.append(result)
        if time.monotonic() > began + WAIT:
            break
    return taken
