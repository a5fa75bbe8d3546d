"""The chart of the releases: for each operation, how many times another server's rate ours was."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 200, 150
"""Of a panel, its margins included."""

ACROSS = 4
LEFT, RIGHT, TOP, BOTTOM = 36, 44, 44, 26
HEAD, FOOT = 34, 30
LINE = 12
"""How far two labels must be apart."""

STYLE = """
text { font: 11px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #59636e; }
.title { font-size: 12px; font-weight: 600; fill: #1f2328; }
.grid { stroke: #d1d9e0; } .even { stroke: #59636e; stroke-dasharray: 4 3; }
.s0 { fill: #0969da; } .s1 { fill: #bc4c00; }
path.s0 { fill: none; stroke: #0969da; stroke-width: 2; } path.s1 { fill: none; stroke: #bc4c00; stroke-width: 2; }
@media (prefers-color-scheme: dark) {
  text { fill: #9198a1; } .title { fill: #f0f6fc; }
  .grid { stroke: #3d444d; } .even { stroke: #9198a1; }
  .s0 { fill: #4493f8; } .s1 { fill: #f0883e; } path.s0 { stroke: #4493f8; } path.s1 { stroke: #f0883e; }
}
"""


@dataclass(frozen=True, slots=True)
class Panel:
    """An operation: for each line the ratio of each release, None where it was not measured."""

    title: str
    note: str
    lines: Mapping[str, Sequence[float | None]]


@dataclass(frozen=True, slots=True)
class Scale:
    """Powers of two, as far as the ratios go: twice as fast is as far from even as half as fast."""

    lowest: int
    highest: int

    def y(self, value: float) -> float:
        share = (math.log2(value) - self.lowest) / (self.highest - self.lowest)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def ticks(self) -> list[int]:
        """Not more than five of them."""
        step = max(1, math.ceil((self.highest - self.lowest) / 4))
        return [each for each in range(self.lowest, self.highest + 1) if each % step == 0]


def draw(releases: Sequence[str], panels: Sequence[Panel]) -> str:
    """An SVG, readable on light and on dark ground."""
    scale = scale_of(panels)
    rows = -(-len(panels) // ACROSS)
    width, height = WIDTH * min(ACROSS, max(1, len(panels))), HEAD + HEIGHT * rows + FOOT
    names = list(dict.fromkeys(name for panel in panels for name in panel.lines))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' role="img">',
        f"<title>{escape(_told(releases, panels))}</title>",
        f"<style>{STYLE}</style>",
        *_legend(names),
    ]
    for number, panel in enumerate(panels):
        down, across = divmod(number, ACROSS)
        parts.append(f'<g transform="translate({across * WIDTH} {HEAD + down * HEIGHT})">')
        parts += _panel(panel, releases, scale)
        parts.append("</g>")
    parts.append(
        f'<text x="{LEFT}" y="{height - 10}">Answers a second, as a multiple of Mercurius’s in the same run.</text>'
    )
    return "\n".join([*parts, "</svg>", ""])


def scale_of(panels: Sequence[Panel]) -> Scale:
    logs = [math.log2(each) for panel in panels for line in panel.lines.values() for each in line if each]
    return Scale(math.floor(min([-1.0, *logs])), math.ceil(max([1.0, *logs])))


def _legend(names: Sequence[str]) -> Iterator[str]:
    x = LEFT
    for number, name in enumerate(names):
        yield f'<circle class="s{number}" cx="{x}" cy="16" r="4"/>'
        yield f'<text x="{x + 9}" y="20">{escape(name)}</text>'
        x += 30 + 7 * len(name)
    yield f'<path class="even" d="M{x} 16h24"/><text x="{x + 30}" y="20">as fast as Mercurius</text>'


def _panel(panel: Panel, releases: Sequence[str], scale: Scale) -> Iterator[str]:
    yield f'<text class="title" x="{LEFT}" y="16">{escape(panel.title)}</text>'
    yield f'<text x="{LEFT}" y="30">{escape(panel.note)}</text>'
    for tick in scale.ticks():
        y = scale.y(2.0**tick)
        yield f'<path class="{"even" if tick == 0 else "grid"}" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
        yield f'<text x="{LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{_power(tick)}</text>'
    for number, line in enumerate(panel.lines.values()):
        points = [(_x(place, len(releases)), scale.y(value)) for place, value in enumerate(line) if value]
        if len(points) > 1:
            yield f'<path class="s{number}" d="M{" ".join(f"{x:.1f} {y:.1f}" for x, y in points)}"/>'
        yield from (f'<circle class="s{number}" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in points)
    yield from _labels(panel, scale)
    yield from _releases(releases)


def _labels(panel: Panel, scale: Scale) -> Iterator[str]:
    """The newest value of each line, as high as its point, moved apart where they would touch."""
    newest = [(scale.y(line[-1]), number, line[-1]) for number, line in enumerate(panel.lines.values()) if line[-1]]
    last = -math.inf
    for y, number, value in sorted(newest):
        last = max(y, last + LINE)
        yield f'<text class="s{number}" x="{WIDTH - RIGHT + 6}" y="{last + 4:.1f}">{_multiple(value)}</text>'


def _releases(releases: Sequence[str]) -> Iterator[str]:
    """The oldest and the newest by name."""
    for place in sorted({0, len(releases) - 1}):
        x, y = _x(place, len(releases)), HEIGHT - BOTTOM + 16
        yield f'<text x="{x:.1f}" y="{y}" text-anchor="middle">{escape(releases[place])}</text>'


def _x(place: int, count: int) -> float:
    inner = WIDTH - LEFT - RIGHT
    return LEFT + inner * (place + 0.5) / count


def _power(exponent: int) -> str:
    return f"{2**exponent}×" if exponent >= 0 else f"1/{2**-exponent}"


def _multiple(value: float) -> str:
    return f"{value:.2f}×" if value < 1 else f"{value:.1f}×" if value < 10 else f"{value:.0f}×"


def _told(releases: Sequence[str], panels: Sequence[Panel]) -> str:
    """The newest figures in words, for who does not see the chart."""
    figures = [
        f"{panel.title}: " + ", ".join(f"{name} {line[-1]:.2g}" for name, line in panel.lines.items() if line[-1])
        for panel in panels
    ]
    return f"Answers a second as a multiple of Mercurius's, release {releases[-1]}. {'; '.join(figures)}."
