// A picture for a course that has none: drawn from its id, so that it is the same wherever the course is shown.

import type { ReactNode } from "react";

const WIDTH = 320;
const HEIGHT = 120;

type Chance = (below: number) => number;
type Ink = (lightness: number, turn?: number) => string;

export function Picture({ id }: { id: string }) {
  const chance = chances(id);
  const draw = DRAWINGS[chance(DRAWINGS.length)] ?? hills;
  const hue = chance(360);
  const ink: Ink = (lightness, turn = 0) => `hsl(${(hue + turn) % 360} 42% ${lightness}%)`;
  return (
    <svg className="picture" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="xMidYMid slice" aria-hidden="true">
      <rect width={WIDTH} height={HEIGHT} fill={ink(86)} />
      {draw(chance, ink)}
    </svg>
  );
}

function hills(chance: Chance, ink: Ink): ReactNode {
  return (
    <>
      <circle cx={40 + chance(240)} cy={30 + chance(20)} r={14 + chance(10)} fill={ink(94, 40)} />
      {[0, 1, 2].map((row) => {
        const top = 52 + row * 20;
        const [one, other] = [top - 14 - chance(22), top - 14 - chance(22)];
        return (
          <path
            key={row}
            d={`M0 ${top} C 60 ${one}, 110 ${one}, 160 ${top} S 260 ${other}, 320 ${top - 6} V ${HEIGHT} H 0 Z`}
            fill={ink(70 - row * 14, row * 12)}
          />
        );
      })}
    </>
  );
}

function rings(chance: Chance, ink: Ink): ReactNode {
  return [0, 1, 2].map((group) => {
    const [x, y] = [40 + group * 110 + chance(40), 20 + chance(80)];
    return [46, 32, 18].map((radius, ring) => (
      <circle key={`${group} ${radius}`} cx={x} cy={y} r={radius} fill={ink(74 - ring * 13, group * 24)} />
    ));
  });
}

function tiles(chance: Chance, ink: Ink): ReactNode {
  const SIDE = 40;
  return Array.from({ length: (WIDTH / SIDE) * (HEIGHT / SIDE) }, (_, index) => {
    const [x, y] = [(index % 8) * SIDE, Math.floor(index / 8) * SIDE];
    const corners = [
      `M${x} ${y} h${SIDE} a${SIDE} ${SIDE} 0 0 1 -${SIDE} ${SIDE} Z`,
      `M${x} ${y} a${SIDE} ${SIDE} 0 0 0 ${SIDE} ${SIDE} v-${SIDE} Z`,
      `M${x} ${y + SIDE} a${SIDE} ${SIDE} 0 0 1 ${SIDE} -${SIDE} v${SIDE} Z`,
      `M${x} ${y} h${SIDE} v${SIDE} Z`,
    ];
    return <path key={index} d={corners[chance(4)]} fill={ink(50 + chance(4) * 8, chance(3) * 18)} />;
  });
}

function strings(chance: Chance, ink: Ink): ReactNode {
  return Array.from({ length: 7 }, (_, line) => {
    const y = 12 + line * 16;
    const bend = 8 + chance(34);
    return (
      <path
        key={line}
        d={`M-4 ${y} Q 80 ${y - bend} 160 ${y} T 324 ${y}`}
        fill="none"
        stroke={ink(44 + line * 4, line * 7)}
        strokeWidth={2 + (line % 3) * 2}
      />
    );
  });
}

function steps(chance: Chance, ink: Ink): ReactNode {
  return Array.from({ length: 16 }, (_, column) => {
    const height = 24 + chance(80);
    return (
      <rect key={column} x={column * 20} y={HEIGHT - height} width={20} height={height} fill={ink(52 + chance(5) * 6, column * 3)} />
    );
  });
}

const DRAWINGS = [hills, rings, tiles, strings, steps];

/** Numbers that look like chance and are always the same for a text (FNV-1a, then mulberry32). */
function chances(text: string): Chance {
  let state = 0x811c9dc5;
  for (const character of text) state = Math.imul(state ^ character.charCodeAt(0), 0x01000193);
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
