// Charts, drawn by hand: bars by day, and bars by course. Each says in words what it shows, and a table has its numbers.

import { useNarrow } from "../parts/useNarrow";

export interface Series {
  name: string;
  /** Its colour, by its class in the style sheet. */
  look: "captured" | "refunded" | "bought" | "granted";
  values: number[];
}

interface BarsProps {
  title: string;
  labels: string[];
  series: Series[];
  shown: (value: number) => string;
  /** The same beside the chart, where there is little room. */
  brief?: (value: number) => string;
}

const [HEIGHT, LEFT, BOTTOM, TOP] = [240, 64, 28, 10];
/** Letters are as large as elsewhere on the page, so that a narrow chart has fewer of them. */
function useWidth(): { width: number; mostLabels: number } {
  return useNarrow() ? { width: 340, mostLabels: 4 } : { width: 1100, mostLabels: 12 };
}

/** Days side by side, the series of a day beside each other. */
export function Bars({ title, labels, series, shown, brief = shown }: BarsProps) {
  const { width, mostLabels } = useWidth();
  const most = Math.max(1, ...series.flatMap(({ values }) => values));
  const steps = ticksOf(most);
  const top = steps.at(-1) ?? most;
  const step = (width - LEFT) / Math.max(1, labels.length);
  const wide = Math.max(1, Math.min(28, (step * 0.8) / series.length));
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);
  const every = Math.ceil(labels.length / mostLabels);
  return (
    <figure className="chart">
      <figcaption>
        {title} <Legend series={series} />
      </figcaption>
      <svg viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={`${title}: ${inWords(labels, series, shown)}`}>
        {steps.map((value) => (
          <g key={value} className="tick">
            <line x1={LEFT} x2={width} y1={y(value)} y2={y(value)} />
            <text x={LEFT - 8} y={y(value) + 4} textAnchor="end">
              {brief(value)}
            </text>
          </g>
        ))}
        {labels.map((label, at) => {
          const x = LEFT + step * at + (step - wide * series.length) / 2;
          return (
            <g key={label}>
              {series.map(({ name, look, values }, which) => {
                const value = values[at] ?? 0;
                return (
                  value > 0 && (
                    <rect key={name} className={look} x={x + wide * which} y={y(value)} width={wide} height={y(0) - y(value)}>
                      <title>{`${label}: ${name} ${shown(value)}`}</title>
                    </rect>
                  )
                );
              })}
              {at % every === 0 && (
                <text className="label" x={LEFT + step * (at + 0.5)} y={HEIGHT - 8} textAnchor="middle">
                  {label}
                </text>
              )}
            </g>
          );
        })}
      </svg>
    </figure>
  );
}

/** Courses below each other. */
export function Rows({ title, labels, series, shown }: BarsProps) {
  const most = Math.max(1, ...series.flatMap(({ values }) => values));
  return (
    <figure className="chart">
      <figcaption>
        {title} <Legend series={series} />
      </figcaption>
      <ul className="rows" aria-label={`${title}: ${inWords(labels, series, shown)}`}>
        {labels.map((label, at) => (
          <li key={label}>
            <span>{label}</span>
            {series.map(({ name, look, values }) => {
              const value = values[at] ?? 0;
              return (
                <svg key={name} viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                  <rect className={look} width={value === 0 ? 0 : Math.max(0.5, (value / most) * 100)} height="6">
                    <title>{`${label}: ${name} ${shown(value)}`}</title>
                  </rect>
                </svg>
              );
            })}
          </li>
        ))}
      </ul>
    </figure>
  );
}

function Legend({ series }: { series: Series[] }) {
  return (
    <span className="legend">
      {series.map(({ name, look }) => (
        <span key={name} className={look}>
          {name}
        </span>
      ))}
    </span>
  );
}

/** The sum of each series, and its highest bar: what one sees at a glance. */
function inWords(labels: string[], series: Series[], shown: (value: number) => string): string {
  return series
    .map(({ name, values }) => {
      const sum = values.reduce((one, other) => one + other, 0);
      const most = Math.max(0, ...values);
      return most === 0 ? `${name}: nothing` : `${name}: ${shown(sum)} in all, most at ${labels[values.indexOf(most)]}, ${shown(most)}`;
    })
    .join("; ");
}

/** Three to five round numbers from nothing to above the highest value. */
function ticksOf(most: number): number[] {
  const rough = most / 4;
  const scale = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 2.5, 5, 10].map((each) => each * scale).find((each) => each >= rough) ?? scale * 10);
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, number) => number * step);
}
