"""docs/errors.md once more as a page of the addon, for the links of its screens.

Odoo serves it itself: it is there without the internet, and of the version that runs.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

HEAD = """\
<!DOCTYPE html>
<!-- Written by `make docs`, as docs/errors.md. -->
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto;
  padding: 0 1rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ border: 1px solid #8886; padding: .4rem .6rem; text-align: start;
  vertical-align: top; overflow-wrap: anywhere; }}
a[id] {{ scroll-margin-top: 4rem; }}
tr:has(a:target) {{ background: #ffc80055; }}
</style>
</head>
<body>
"""
_HEADING = re.compile(r"(#{1,3}) (.*)")
_ANCHOR = re.compile(r"&lt;a id=&quot;([\w-]+)&quot;&gt;&lt;/a&gt;")


def convert(markdown: str) -> str:
    """The page of errors as HTML; only what that page is made of is understood."""
    text = re.sub(r"<!--.*?-->\n*", "", markdown, flags=re.DOTALL)
    title = text.splitlines()[0].removeprefix("# ")
    parts = [HEAD.format(title=html.escape(title))]
    for block in re.split(r"\n{2,}", text.strip()):
        parts += _block(block)
    return "\n".join([*parts, "</body>", "</html>", ""])


def _block(block: str) -> Iterator[str]:
    lines = block.splitlines()
    if found := _HEADING.match(block):
        level = len(found[1])
        yield f"<h{level}>{_inline(found[2])}</h{level}>"
        if rest := "\n".join(lines[1:]):
            yield from _block(rest)
    elif block.startswith("|"):
        yield "<table>"
        for number, line in enumerate(lines):
            if number == 1:
                continue
            name = "td" if number else "th"
            cells = line.strip("|").split("|")
            row = "".join(f"<{name}>{_inline(cell)}</{name}>" for cell in cells)
            yield f"<tr>{row}</tr>"
        yield "</table>"
    elif block.startswith("- "):
        items = re.split(r"^- ", block, flags=re.MULTILINE)[1:]
        yield f"<ul>{''.join(f'<li>{_inline(item)}</li>' for item in items)}</ul>"
    else:
        yield f"<p>{_inline(block)}</p>"


def _inline(text: str) -> str:
    text = html.escape(" ".join(text.split()))
    text = _ANCHOR.sub(r'<a id="\1"></a>', text)
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
    text = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", text)
    return re.sub(r"\*([^*]+)\*", r"<em>\1</em>", text)
