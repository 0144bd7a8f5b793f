import dataclasses
from contextlib import closing
from datetime import datetime, time, timezone
from io import BytesIO
from itertools import islice

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import split_every

from ..protocol import export
from ..protocol import lead as meta_lead
from ..protocol import words as english
from ..protocol.answer import PAUSE, REFUSE, RETRY, THROTTLE, Answer
from .meta_lead_form_catch_up import as_unix
from .meta_lead_page_catch_up_run import ListView, is_endless
from .meta_lead_submission_read import speaks_for_page

#: So many leads of a list are remembered, so that one that comes twice counts once:
#: another page of the same second, say. A list may be as long as it likes.
RECENT = 500
#: Rows of a file in one chunk: counting makes nothing and takes more.
FILE_CHUNK = {"counting": 500, "running": 100}


class Stop(Exception):
    """Meta gave something else than leads."""

    def __init__(self, answer):
        super().__init__(answer.message)
        self.answer = answer


class PageStop(Stop):
    """It would be the same with every other list: no matter of one form."""


class LostPlace(Stop):
    """A list does not go on where it was left: paging in circles, a dead cursor."""


@dataclasses.dataclass
class Chunk:
    """Some leads of the source, and where it goes on after them.

    ``nodes`` are lead nodes as the Graph API gives them, ``lines`` the line of a file
    for each lead id, ``bad`` what cannot be imported: values of lines. ``until`` (Unix
    seconds) is before when the list was asked for, ``trouble`` says why the rest of a
    form's list is not read; it is asked for again unless ``is_last``.
    """

    phase: str
    nodes: list = dataclasses.field(default_factory=list)
    lines: dict = dataclasses.field(default_factory=dict)
    bad: list = dataclasses.field(default_factory=list)
    size: int = 0
    position: int = 0
    part: object = None
    until: int | None = None
    after: str = ""
    is_restarted: bool = False
    is_last: bool = False
    trouble: str = ""


class MetaLeadImport(models.Model):
    """What an import reads: Meta's lists, or a file that Meta gave."""

    _inherit = "meta.lead.import"

    def _read_chunks(self):
        """The chunks that were not stored yet; reads only while it is asked for more.

        :raise Stop: when Meta gives something else
        :raise ExportError: when the file is none of Meta's
        """
        return self._read_file() if self.source == "file" else self._read_lists()

    # Meta

    def _read_lists(self):
        page, phase, since = self.page_id, self.phase, self._get_since()
        parts = self.part_ids.filtered(lambda part: not part.is_done)
        if page.state != "connected":
            words = english._lt("The Page “%(name)s” is to be reconnected first.") % {
                "name": page.name
            }
            raise Stop(Answer(PAUSE, message=f"{words}\n{page.trouble or ''}".strip()))
        rest = page.resume_at and (page.resume_at - fields.Datetime.now())
        if rest and rest.total_seconds() > 0:
            words = english._lt("Meta asked for a rest of this Page's calls.")
            seconds = rest.total_seconds()
            raise Stop(Answer(THROTTLE, message=words, resume_after=seconds))
        failed = None
        # What failed in the last run comes last: it keeps nothing from the others.
        for part in parts.sorted(lambda part: bool(part.trouble)):
            try:
                yield from self._read_list(part, since)
            except PageStop:
                raise
            except Stop as stop:
                answer = stop.answer
                if answer.verdict == THROTTLE or speaks_for_page(answer):
                    raise
                # One form that is gone, say: that is its own matter.
                words = self.env["meta.lead.submission"]._in_words(answer)
                chunk = Chunk(phase, part=part, is_last=True, trouble=words)
                if answer.verdict == RETRY and not isinstance(stop, LostPlace):
                    failed = stop
                    chunk = dataclasses.replace(
                        chunk,
                        until=as_unix(part.until),
                        after=part.after or "",
                        is_restarted=part.is_restarted,
                        is_last=False,
                    )
                yield chunk
        if failed:
            raise failed

    def _read_list(self, part, since):
        """The chunks of one form's list, on from where it was left.

        Where the paging is lost, the list is asked for anew with what is older than
        all that came; where nothing came yet, once more from its beginning.

        :raise Stop: when one is not given
        """
        phase, form_id = self.phase, part.form_id.meta_id
        until, after = as_unix(part.until), part.after or None
        is_restarted = part.is_restarted
        view, seen, most = ListView(since - 1), {}, 0
        while True:
            view.begin_window(until)
            has_read = False
            try:
                for result in self._ask(form_id, since - 1, until, after):
                    has_read = True
                    view.look_at(result)
                    most = max(most, len(view.times))
                    nodes = [
                        node
                        for node in view.nodes
                        if meta_lead.lead_id(node) not in seen
                    ]
                    seen.update((meta_lead.lead_id(node), None) for node in nodes)
                    for meta_id in list(islice(seen, max(0, len(seen) - RECENT))):
                        del seen[meta_id]
                    yield Chunk(
                        phase,
                        nodes=nodes,
                        size=len(nodes),
                        part=part,
                        until=until,
                        after=result.after or "",
                        is_restarted=is_restarted,
                        is_last=not result.has_next,
                    )
                return
            except LostPlace as lost:
                if not has_read and not is_restarted:
                    is_restarted = True
                elif has_read and view.next_window is not None:
                    until = view.next_window
                elif has_read and is_endless(lost.answer) and _is_whole(view, most):
                    yield Chunk(phase, part=part, is_last=True)
                    return
                else:
                    raise
                after = None

    def _ask(self, form_id, since, until, after):
        """The pages of a form's list from a cursor on; no transaction is open then.

        :raise Stop: when one is not given
        """
        commit = self.env["ir.cron"]._commit_progress
        log = self.env["meta.sync.log"]
        page = self.page_id
        may_renew = page.connection_id.has_access_token
        wants_token = not page._get_secret("access_token")
        while True:
            commit()
            trouble = page._derive_token_apart() if wants_token else None
            if trouble:
                raise PageStop(trouble)
            graph = page._get_client()
            commit()
            with graph:
                for result in graph.leads(form_id, since, until, after):
                    if is_endless(result.answer):
                        raise LostPlace(result.answer)
                    log._add_for_page("lead", page, result, len(result.rows))
                    if not result.answer.accepted:
                        break
                    yield result
                    after = result.after
                else:
                    return
            if result.answer.code == 190 and may_renew:
                # A derived Page token dies with the token it came from.
                may_renew, wants_token = False, True
            elif after and result.answer.verdict == REFUSE:
                # A cursor does not live for ever.
                raise LostPlace(result.answer)
            elif result.reply.status is None:
                # Meta does not answer at all.
                raise PageStop(result.answer)
            else:
                raise Stop(result.answer)

    def _get_since(self):
        """Unix seconds of the first moment of the day."""
        start = datetime.combine(self.since, time(), timezone.utc)
        return int(start.timestamp())

    # Files

    def _read_file(self):
        phase, position = self.phase, self.position
        with closing(self._open_file()) as stream:
            for rows in split_every(FILE_CHUNK[phase], export.rows(stream, position)):
                yield self._make_chunk(phase, rows)

    def _open_file(self):
        """The file, to be read piece by piece."""
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_field", "=", "file"),
                    ("res_id", "=", self.id),
                ],
                limit=1,
            )
        )
        if not attachment:
            raise UserError(
                self.env._(
                    "The file is not here any more. Make a new import with it: what is "
                    "in Odoo already is not imported twice."
                )
            )
        if attachment.store_fname:
            return open(attachment._full_path(attachment.store_fname), "rb")
        return BytesIO(attachment.raw)

    def _make_chunk(self, phase, rows):
        """A chunk of rows of the file, with their answers under the forms' keys."""
        chunk = Chunk(phase, size=len(rows), position=rows[-1].number)
        forms = {}
        for row in rows:
            if row.problem:
                chunk.bad.append(
                    {
                        "key": f"line:{row.line}",
                        "kind": "unreadable",
                        "line_number": row.line,
                        "reason": row.problem,
                    }
                )
                continue
            form_id = row.node.get("form_id", "")
            if (form_id, row.form_name) not in forms:
                form, trouble = self._find_form(form_id, row.form_name)
                questions = form.question_ids._as_protocol()
                forms[form_id, row.form_name] = form.meta_id, questions, trouble
            form_meta_id, questions, trouble = forms[form_id, row.form_name]
            if trouble:
                chunk.bad.append(
                    {
                        "key": f"form:{form_id}",
                        "kind": "foreign",
                        "line_number": row.line,
                        "reason": trouble,
                    }
                )
                continue
            node = export.with_keys(row.node, questions)
            chunk.nodes.append({**node, "form_id": form_meta_id})
            chunk.lines.setdefault(node["id"], row.line)
        return chunk

    def _find_form(self, meta_id, form_name):
        """The form that a row of the file names, and what stands against it.

        :rtype: tuple[meta.lead.form, str]
        """
        chosen = self.with_context(active_test=False).form_ids
        if not meta_id:
            if len(chosen) == 1:
                return chosen, ""
            return chosen.browse(), english._lt(
                "The file does not say of which form its leads are: there is no value"
                " in the column “form_id”. Choose exactly one form on the import."
            )
        form = self.env["meta.lead.form"]._find([meta_id])
        called = form.name if form.company_id == self.company_id else form_name
        name = f"“{called}” ({meta_id})" if called else meta_id
        if not form:
            return form, english._lt(
                "The form %(form)s is not in Odoo. If it is one of the Page"
                " “%(page)s”, load that Page's forms or add the form, and count"
                " again."
            ) % {"form": name, "page": self.page_id.name}
        if form.page_id != self.page_id:
            if form.company_id != self.company_id:
                return form, english._lt(
                    "The form %(name)s belongs to a Page of another company."
                ) % {"name": name}
            return form, english._lt(
                "The form %(form)s belongs to the Page “%(other)s”, not to"
                " “%(page)s”. Make another import for that Page."
            ) % {"form": name, "other": form.page_id.name, "page": self.page_id.name}
        if chosen and form not in chosen:
            return form, english._lt(
                "The form %(name)s is not among the forms chosen for this import."
            ) % {"name": name}
        return form, ""


def _is_whole(view, most):
    """Whether a list whose paging leads in circles was seen to its end.

    :param ListView view: what its last window showed
    :param int most: leads that came in one page at most
    """
    times = view.times
    if not times or min(times) <= view.since:
        return view.has_seen_all
    # Asked for what is older, Meta gave the oldest second again. A full page of it may
    # hide others.
    is_last_second = view.until is not None and set(times) == {view.until - 1}
    return is_last_second and len(times) < most
