"""Records that the way in needs and that anybody may rename or delete."""

import psycopg2.errors

from . import queue


def create(model, vals_list):
    """Create records whose names or ids are unique, next to others who do the same.

    Archived ones count when names are made unique: they occupy theirs.

    :raise queue.Conflict: another transaction made one meanwhile; run this one again
    """
    try:
        with model.env.cr.savepoint():
            return model.with_context(active_test=False).create(vals_list)
    except psycopg2.errors.UniqueViolation as error:
        raise queue.Conflict from error


def find_or_create(env, model_name, xml_id, name):
    """The record with an external id; made anew where it was deleted.

    Renaming it changes nothing. Where there is none yet, one that has the name already
    is taken.
    """
    record = env.ref(xml_id, raise_if_not_found=False)
    if record:
        return record
    model = env[model_name].with_context(active_test=False, lang="en_US")
    record = model.search([("name", "=", name)], limit=1)
    record = record or create(model, [{"name": name}])
    env["ir.model.data"]._update_xmlids(
        [{"xml_id": xml_id, "record": record, "noupdate": True}]
    )
    return record.with_env(env)
