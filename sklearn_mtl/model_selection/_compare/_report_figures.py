"""Figures as SVG that can stand in an HTML page beside others."""

import re
from io import StringIO
from typing import Any

from sklearn_mtl._validation import import_optional

_PROLOGUE = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
# It would hold for the whole page; the same is inherited from the root instead.
_STYLE = re.compile(
    r'\s*<defs>\s*<style type="text/css">.*?</style>\s*</defs>', re.DOTALL
)
_IDENTIFIER = re.compile(r'(\bid="|\bxlink:href="#|\bhref="#|url\(#)')
_LINES = "stroke-linejoin: round; stroke-linecap: butt"


def draw_svg(display: Any, comparison: Any, name: str, description: str) -> str:
    """Return the figure of a display class as SVG, whose ids begin with `name`."""
    plt = import_optional("matplotlib.pyplot", "plot", "TaskComparison.to_html")
    # Else ids are drawn at random.
    with plt.rc_context({"svg.hashsalt": "sklearn_mtl", "svg.fonttype": "path"}):
        figure = display.from_comparison(comparison).figure_
        try:
            file = StringIO()
            figure.savefig(file, format="svg", bbox_inches="tight")
        finally:
            plt.close(figure)
    return _make_inline(file.getvalue(), name, description)


def _make_inline(svg: str, name: str, description: str) -> str:
    for pattern in (_PROLOGUE, _METADATA, _STYLE):
        svg = pattern.sub("", svg, count=1)
    svg = _IDENTIFIER.sub(rf"\g<1>{name}-", svg)
    attributes = f'role="img" aria-label="{description}" style="{_LINES}"'
    return svg.replace("<svg ", f"<svg {attributes} ", 1).strip()
