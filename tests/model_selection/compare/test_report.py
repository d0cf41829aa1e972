import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from sklearn_mtl.model_selection import (
    TaskComparison,
    compare_estimators,
    compare_with_single_task,
)
from sklearn_mtl.model_selection._compare import _report as report
from sklearn_mtl.model_selection._compare._report_figures import _make_inline
from sklearn_mtl.model_selection._compare._settings import show

pytest.importorskip("matplotlib")
VOID = {"meta", "br"}


class Reader(HTMLParser):
    """Checks that every tag is closed, and collects the text, tags and attributes."""

    def __init__(self, html):
        super().__init__()
        self.open, self.texts, self.tags, self.attributes = [], [], [], []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join(self.texts)


@pytest.fixture(scope="module")
def data():
    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    X = rng.normal(size=(90, 4))
    Y = pd.DataFrame({"a & <b>": X[:, 0] > 0, 'say "c"': X[:, 1] > 0})
    return X, Y


@pytest.fixture(scope="module")
def comparison(data):
    """With all that there can be: a search, a learning curve, odd names."""
    return compare_with_single_task(
        DecisionTreeClassifier(random_state=0),
        *data,
        cv=3,
        search={"max_depth": [1, 2, None]},
        train_sizes=[0.3],
        random_state=0,
    )


@pytest.fixture(scope="module")
def page(comparison, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    assert comparison.to_html(path) == path
    return path.read_text(encoding="utf-8")


def test_is_well_formed_and_stands_alone(page):
    reader = Reader(page)
    assert page.startswith("<!DOCTYPE html>")
    assert reader.tags.count("html") == reader.tags.count("body") == 1
    assert reader.tags.count("svg") == 2
    assert not {"script", "link", "img", "iframe"} & set(reader.tags)
    names = {"src", "href", "xlink:href"}
    links = [value for name, value in reader.attributes if name in names]
    assert all(link.startswith("#") for link in links)
    assert "@import" not in page
    assert "url(http" not in page


def test_has_the_verdicts_tables_and_settings(page, comparison):
    text = Reader(page).text
    for words in (
        "multi-task compared with single task",
        "helps 0 of 2 tasks",
        "Δm",
        "fitted numbers",
        "training rows, it helps",
        "max_depth=",
        "DecisionTreeClassifier(random_state=0)",
        "MultiTaskKFold(",
        "scikit-learn",
        "sklearn_mtl",
        "95%",
    ):
        assert words in text
    for result in comparison.summary()["mean"]:
        assert f"{result:.3f}" in text


def test_everything_is_escaped(page):
    reader = Reader(page)
    assert "a & <b>" in reader.texts
    assert "<b>" not in page
    assert "b" not in reader.tags


def test_identifiers_are_unique_and_found(page):
    identifiers = re.findall(r'\bid="([^"]*)"', page)
    assert len(set(identifiers)) == len(identifiers) > 10
    used = re.findall(r'href="#([^"]*)"|url\(#([^)]*)\)', page)
    assert {first or second for first, second in used} <= set(identifiers)


def test_figures_are_valid_xml(page):
    for figure in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        root = ET.fromstring(figure)
        assert root.get("role") == "img"
        assert root.get("aria-label")


def test_is_the_same_but_for_the_date(comparison, page, tmp_path, monkeypatch):
    plt = pytest.importorskip("matplotlib.pyplot")
    figures = plt.get_fignums()
    again = Path(comparison.to_html(str(tmp_path / "again.html"))).read_text("utf-8")
    date = r"Written on \d{4}-\d\d-\d\d"
    assert re.search(date, page)
    assert re.sub(date, "", again) == re.sub(date, "", page)
    assert plt.get_fignums() == figures


def test_no_file_is_half_written(comparison, tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("what was there", encoding="utf-8")

    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        comparison.to_html(path)
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
    assert path.read_text("utf-8") == "what was there"


def test_path_comes_back_as_it_was(comparison, tmp_path):
    path = str(tmp_path / "report.html")
    assert comparison.to_html(path) is path


def test_folder_must_be_there(comparison, tmp_path):
    with pytest.raises(FileNotFoundError):
        comparison.to_html(tmp_path / "absent" / "report.html")


def test_several_estimators_without_a_curve(data):
    trees = {f"depth {d}": DecisionTreeClassifier(max_depth=d) for d in (1, 2, 3)}
    html = report.build_report(compare_estimators(trees, *data, cv=2, random_state=0))
    reader = Reader(html)
    assert "depth 2 and depth 3 compared with depth 1" in reader.texts
    assert reader.tags.count("svg") == 1
    assert "With less to learn from" not in reader.texts
    assert "Chosen parameters" not in reader.texts


def test_comparison_made_by_hand():
    """Without settings, and with a task that has no score."""
    comparison = TaskComparison(
        {"alone": [[0.5, np.nan], [0.6, np.nan]], "net": [[0.6, 0.5], [0.8, 0.6]]},
        task_names=["a", "b"],
        baseline="alone",
        n_train=np.full((2, 2), 50),
        n_test=np.full((2, 2), 50),
        metrics=["r2", "accuracy"],
        fit_time={"alone": [1, 2], "net": [np.nan, np.nan]},
    )
    reader = Reader(report.build_report(comparison))
    assert "r2, accuracy" in reader.texts
    assert "no score" not in reader.texts  # text of figures is drawn


def test_many_tasks_are_cut_in_the_sentence_only():
    n_tasks = 100
    rng = np.random.RandomState(0)
    scores = rng.uniform(size=(3, n_tasks))
    comparison = TaskComparison(
        {"alone": scores, "net": scores},
        task_names=[f"task{t}" for t in range(n_tasks)],
        baseline="alone",
        n_train=np.full((3, n_tasks), 50),
        n_test=np.full((3, n_tasks), 25),
        metrics=["accuracy"] * n_tasks,
        fit_time={"alone": [1] * 3, "net": [1] * 3},
    )
    texts = Reader(report.build_report(comparison)).texts
    assert any("task19, 80 more)" in text for text in texts)
    assert "task99" in texts


def test_addresses_are_not_shown(data):
    def double(X):
        return 2 * X

    pipeline = make_pipeline(FunctionTransformer(double), LogisticRegression())
    shown = show(pipeline)
    assert "double" in shown
    assert "0x" not in shown
    assert show("text") == "text"


def test_ids_of_figures_begin_with_the_name():
    svg = (
        '<?xml version="1.0"?><!DOCTYPE svg><svg width="1pt"><metadata>x</metadata>'
        '<defs><style type="text/css">*{}</style></defs><g id="a"/>'
        '<use xlink:href="#a" clip-path="url(#a)"/></svg>'
    )
    assert _make_inline(svg, "first", "what it shows") == (
        '<svg role="img" aria-label="what it shows" '
        'style="stroke-linejoin: round; stroke-linecap: butt" width="1pt">'
        '<g id="first-a"/><use xlink:href="#first-a" clip-path="url(#first-a)"/></svg>'
    )
