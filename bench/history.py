"""What each release came to: one line of a file for each, a table of the README, and a chart."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.chart import Panel, draw
from bench.field import BATCHED, GATEWAY, MERCURIUS, ROUTE, TWO_WORKERS
from bench.figures import Figures, Subject, ratio
from bench.results import Results, read
from bench.tables import milliseconds, summed_up_at, times

HERE = Path(__file__).resolve().parent
FILE, README, CHART = HERE / "history.jsonl", HERE / "README.md", HERE / "history.svg"
BEGIN, END = "<!-- history: written by `python -m bench record` -->", "<!-- end of history -->"
CONFIRM, PAGE = "confirmPayment", "page of 50"


@dataclass(frozen=True, slots=True)
class Release:
    """A release's name, and the run that it was measured by: the summary's figures only."""

    name: str
    results: Results


def record(name: str, results: Results) -> None:
    """Keep a run as that of a release, in place of an earlier one of it, and draw table and chart anew."""
    kept = {subject: cell for subject, cell in results.figures.items() if _is_kept(subject, results.figures)}
    by_name = {each.name: each for each in releases_of(FILE)}
    by_name[name] = Release(name, replace(results, figures=kept))
    releases = [*by_name.values()]
    FILE.write_text("".join(f"{line_of(each)}\n" for each in releases), encoding="utf-8")
    README.write_text(with_table(README.read_text(encoding="utf-8"), releases), encoding="utf-8")
    CHART.write_text(draw([each.name for each in releases], panels(releases)), encoding="utf-8")


def releases_of(file: Path) -> list[Release]:
    """The oldest first."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    found = []
    for line in lines:
        fields = json.loads(line)
        found.append(Release(fields.pop("release"), read(json.dumps(fields))))
    return found


def line_of(release: Release) -> str:
    return json.dumps({"release": release.name, **release.results.as_json()}, ensure_ascii=False)


def with_table(text: str, releases: Sequence[Release]) -> str:
    """A README with the table between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert end, "the README has both marks"
    return f"{before}{BEGIN}\n{table(releases)}{END}{after}"


def table(releases: Sequence[Release]) -> str:
    """One row for each release, the newest first."""
    rows = [
        "| release | confirmPayment: a second | × mercurius | × batched | × bare route | 2 workers × mercurius | p99 ms"
        " | CPU µs | page of 50: a second | × mercurius | 2 workers × mercurius | CPU µs |",
        "|---|" + "--:|" * 11,
    ]
    for release in reversed(releases):
        figures = release.results.figures
        confirm, page = _subject(figures, CONFIRM), _subject(figures, PAGE)
        cells = [
            release.name,
            _figure(figures, confirm, "per_s"),
            *(_times(figures, confirm, peer) for peer in (MERCURIUS, BATCHED, ROUTE)),
            _times(figures, replace(confirm, peer=TWO_WORKERS), MERCURIUS),
            milliseconds(figures[confirm].p99_ms) if confirm in figures else "–",
            _figure(figures, confirm, "cpu_us"),
            _figure(figures, page, "per_s"),
            _times(figures, page, MERCURIUS),
            _times(figures, replace(page, peer=TWO_WORKERS), MERCURIUS),
            _figure(figures, page, "cpu_us"),
        ]
        rows.append(f"| {' | '.join(cells)} |")
    notes = [f"{each.name}: {_how(each.results)}" for each in reversed(releases)]
    return "\n".join([*rows, "", *notes, ""])


def panels(releases: Sequence[Release]) -> list[Panel]:
    """For each operation, how many times Mercurius's rate ours was, release by release."""
    operations = dict.fromkeys(subject.operation for each in releases for subject in each.results.figures)
    found = []
    for operation in operations:
        subjects = [_subject(each.results.figures, operation) for each in releases]
        lines = {
            peer: tuple(
                ratio(release.results.figures, replace(subject, peer=peer), replace(subject, peer=MERCURIUS))
                for release, subject in zip(releases, subjects, strict=True)
            )
            for peer in (GATEWAY, TWO_WORKERS)
        }
        found.append(Panel(operation, f"{subjects[-1].connections} connections", lines))
    return found


def _is_kept(subject: Subject, figures: Figures) -> bool:
    """What the summary shows, of all servers."""
    of_it = [each for each in figures if each.operation == subject.operation]
    return subject.peer == ROUTE or subject.connections == summed_up_at(subject.operation, of_it)


def _subject(figures: Figures, operation: str) -> Subject:
    of_it = [each for each in figures if each.operation == operation and each.peer != ROUTE]
    return Subject(operation, GATEWAY, summed_up_at(operation, of_it))


def _figure(figures: Figures, subject: Subject, name: str) -> str:
    return f"{getattr(figures[subject], name):,.0f}" if subject in figures else "–"


def _times(figures: Figures, subject: Subject, peer: str) -> str:
    return times(ratio(figures, subject, replace(subject, peer=peer)))


def _how(results: Results) -> str:
    runs = f"median of {results.rounds} rounds" if results.rounds > 1 else "one round"
    return f"{results.at[:10]}, commit {results.commit}, {results.machine}; {runs} of {results.seconds:g} s."
