"""The dashboard and the rules for Prometheus: both ask for metrics that there are, and each rule says what to do."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from db.sampling import Sample
from gateway.monitoring.exposition import families, of_books
from gateway.monitoring.snapshots import added
from tests.house import ROOT

RULES = ROOT / "deploy" / "prometheus"
DASHBOARD = ROOT / "deploy" / "grafana" / "gateway.json"
DOCUMENT = ROOT / "docs" / "observing.md"
NAME = re.compile(r"\b(?:gateway|http_server)_\w+\b")
PARTS = ("_bucket", "_count", "_sum")


def told() -> set[str]:
    """The names under which Prometheus has what is told."""
    every = [*families(added([])), *of_books(Sample(), datetime.now(UTC))]
    return {f"{each.name}_total" if each.type == "counter" else each.name for each in every}


def asked(text: str) -> set[str]:
    """The names of metrics that expressions ask for; a part of a histogram is its histogram."""
    without_labels = re.sub(r'"[^"]*"|by \([^)]*\)', "", text)
    names = set(NAME.findall(without_labels))
    for part in PARTS:
        names = {each.removesuffix(part) if each.removesuffix(part) in told() else each for each in names}
    return names


def expressions(panels: list[dict[str, object]]) -> Iterator[str]:
    for panel in panels:
        for target in panel.get("targets", ()):  # type: ignore[attr-defined]  # JSON
            yield target["expr"]


def rules() -> str:
    """Their expressions: what stands before the annotations of each."""
    written = (RULES / "alerts.yml").read_text()
    return "\n".join(each.split("annotations:")[0] for each in written.split("- alert:")[1:])


def test_each_metric_of_the_rules_is_told() -> None:
    wanted = asked(rules())
    assert len(wanted) > 10
    assert wanted <= told()


def test_the_dashboard_shows_every_metric_and_no_other() -> None:
    wanted = asked("\n".join(expressions(json.loads(DASHBOARD.read_text())["panels"])))
    assert wanted == told()


def test_each_metric_is_in_the_document() -> None:
    assert {each for each in re.findall(r"`(\w+)`", DOCUMENT.read_text()) if NAME.fullmatch(each)} == told()


def test_a_metric_that_nobody_tells_is_caught() -> None:
    assert asked("rate(gateway_nothing_total[5m])") - told() == {"gateway_nothing_total"}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not here: Debian has it in `prometheus`")
@pytest.mark.parametrize(
    "words", [("check", "rules", "alerts.yml"), ("check", "config", "scrape.yml"), ("test", "rules", "alerts_test.yml")]
)
def test_promtool_takes_them(words: tuple[str, ...]) -> None:
    said = subprocess.run(["promtool", *words], cwd=RULES, capture_output=True, text=True, timeout=60)
    assert said.returncode == 0, said.stdout + said.stderr


def test_each_rule_is_tried() -> None:
    named = re.findall(r"alert: (\w+)", (RULES / "alerts.yml").read_text())
    assert sorted(re.findall(r"- name: (\w+)", (RULES / "alerts_test.yml").read_text())) == sorted(named)
    written = (RULES / "alerts.yml").read_text()
    assert written.count("description:") == written.count("summary:") == written.count("severity:") == len(named)
