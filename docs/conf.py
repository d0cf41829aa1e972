"""How Sphinx builds the documentation."""

from typing import Any

from sphinx.application import Sphinx

import sklearn_mtl

project = "sklearn_mtl"
author = "the sklearn_mtl developers"
copyright = f"2026, {author}"
version = release = sklearn_mtl.__version__

extensions = [
    "matplotlib.sphinxext.plot_directive",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "_templates"]
templates_path = ["_templates"]
default_role = "code"

autodoc_typehints = "none"  # numpydoc sections say it in words
autosummary_generate = True
numpydoc_show_class_members = False  # the template lists them

plot_formats = [("png", 150)]
plot_html_show_formats = False
plot_html_show_source_link = False

copybutton_exclude = ".linenos, .gp, .go"  # copy what was typed, not what came out

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "doc_module": ("sklearn_mtl",),
    "backreferences_dir": "generated/backreferences",
    "within_subsection_order": "NumberOfCodeLinesSortKey",  # simple ones first
    "show_memory": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "sklearn_mtl"
html_show_sourcelink = False
html_theme_options = {"show_prev_next": False}


def skip_inherited(
    app: Sphinx, what: str, name: str, obj: Any, skip: bool, options: Any
) -> bool | None:
    """Leave what scikit-learn adds to every estimator to its own documentation."""
    home = getattr(getattr(obj, "fget", obj), "__module__", None) or ""
    return True if home.startswith("sklearn.") else None


def setup(app: Sphinx) -> None:
    """Register the handler; Sphinx calls this."""
    app.connect("autodoc-skip-member", skip_inherited)
