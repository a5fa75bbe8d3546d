"""What `gateway import` says at its end: how many rows came to what, in sentences or as one object."""

import time
from collections.abc import Sequence
from pathlib import Path

import typer

from gateway.cli.commands.starting import print_json
from gateway.importing.reports import Report, ReportLine, RowOutcome, object_of

MOST_SHOWN = 20
"""Problems that are printed; a report has all of them."""

STOPPED = "Stopped. What came over stays; run the same again to go on."
BROKEN_OFF = "Broken off. What came over stays; run the same again to go on."


class Summary:
    """Hears of each row where no report was asked for, and says at the end what came of all.

    Args:
        is_rehearsal: whether nothing was written.
        report: the file that has all rows, if one was asked for.
    """

    def __init__(self, is_rehearsal: bool, report: Path | None, as_json: bool) -> None:
        self._is_rehearsal, self._report, self._as_json = is_rehearsal, report, as_json
        self._problems: list[ReportLine] = []
        self._count = 0
        self._began = time.monotonic()

    def tell(self, line: ReportLine) -> None:
        """Print, or keep, the first problems."""
        if not line.reason:
            return
        self._count += 1
        if self._count > MOST_SHOWN:
            return
        if self._as_json:
            self._problems.append(line)
            return
        named = f" ({line.old_id})" if line.old_id else ""
        what = f"{line.field}: {line.reason}" if line.field else line.reason
        typer.echo(f"line {line.line}{named}: {line.outcome.value}: {what}", err=True)

    def say(self, report: Report, ended: str = "", unused: Sequence[str] = ()) -> None:
        """Print what came of all rows.

        Args:
            ended: how it ended, if not by the last row.
            unused: columns that no field was read from.
        """
        if self._as_json:
            self._say_as_object(report, ended, unused)
        else:
            self._say_in_words(report, ended, unused)

    def _say_in_words(self, report: Report, ended: str, unused: Sequence[str]) -> None:
        if self._count > MOST_SHOWN and not ended:
            typer.echo(f"… and {self._count - MOST_SHOWN:,} more; --report FILE has all of them.", err=True)
        counts = report.counts
        came = "would come over" if self._is_rehearsal else "came over"
        print(
            f"{counts[RowOutcome.IMPORTED]:,} {came}, {counts[RowOutcome.THERE]:,} were there already,"
            f" {counts[RowOutcome.FAULT]:,} have faults, {counts[RowOutcome.CONFLICT]:,} are in conflict with the"
            f" books; {report.noted:,} of those here have a note. {time.monotonic() - self._began:.1f} s."
        )
        if ended:
            print(ended)
        if unused:
            print(f"Columns that were not used: {', '.join(unused)}.")
        if self._is_rehearsal:
            print("Nothing was written.")
        if self._report:
            print(f"Row by row: {self._report}")

    def _say_as_object(self, report: Report, ended: str, unused: Sequence[str]) -> None:
        counts = report.counts
        print_json(
            {
                "imported": counts[RowOutcome.IMPORTED],
                "alreadyThere": counts[RowOutcome.THERE],
                "faults": counts[RowOutcome.FAULT],
                "conflicts": counts[RowOutcome.CONFLICT],
                "noted": report.noted,
                "seconds": round(time.monotonic() - self._began, 1),
                "isRehearsal": self._is_rehearsal,
                "isStopped": bool(ended),
                "unusedColumns": list(unused),
                "report": None if self._report is None else str(self._report.absolute()),
                "problems": [object_of(each) for each in self._problems],
                "moreProblems": max(0, self._count - MOST_SHOWN),
            }
        )
