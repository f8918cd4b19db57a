/** docs/topology.svg: the picture of an environment as it is drawn, readable on light and on dark paper. */

import type { Topology } from './model.ts';
import { pictureGraph } from './picture-graph.ts';
import { type Box, type Line, layOut, type PlacedPart, type PlacedRegion, type Point } from './picture-layout.ts';

const MARGIN = 24;
const TITLE_HEIGHT = 40;
const INTERNET_HEIGHT = 34;
/** Between the internet and the regions that it reaches. */
const INTERNET_GAP = 46;
const FOOT_HEIGHT = 30;
const LEGEND_ROW = 26;
const CORNER = 8;

const LEGEND = [
  'a cluster: machines in zones, behind a balancer of their own',
  'no route to the internet: AWS is reached by endpoints in the network',
  'who opens connections to whom, and on which TCP port',
  'log lines: every machine sends them, one arrow is drawn',
];
const STORY = [
  'Webheads answer clients. They read the ring themselves, and cannot write.',
  'Dbwriters write: every change is a command that a webhead sends.',
  'Keysigners alone hold the key that signs, and can call nobody outside.',
  'Each region goes on without the other; the ring carries data across.',
  'The witness breaks ties between both about who has which e-mail.',
];
const FOOT = 'Drawn from the templates by npm run docs. All that is allowed stands in docs/flow-matrix.md.';

const STYLE = `
  svg { color-scheme: light dark; --paper: #ffffff; --ink: #1d2733; --soft: #5b6876; --region: #f4f6f9; --edge: #c9d2dc;
    --part: #ffffff; --line: #44617f; --open: #2f6fb2; --closed: #8a5a00; --closedpaper: #fff8e8; --chip: #e6ecf3; }
  @media (prefers-color-scheme: dark) { svg { --paper: #12181f; --ink: #e8edf2; --soft: #9eabb8; --region: #1a222b; --edge: #35414d;
    --part: #222c37; --line: #8fb0d0; --open: #74b0ec; --closed: #e2b04a; --closedpaper: #2b2618; --chip: #33404d; } }
  text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", Arial, sans-serif; font-size: 12px; fill: var(--ink); }
  .paper { fill: var(--paper); } .title { font-size: 18px; font-weight: 600; } .head { font-size: 14px; font-weight: 600; }
  .soft { fill: var(--soft); font-size: 11px; } .small { font-size: 11px; }
  .region { fill: var(--region); stroke: var(--edge); } .part { fill: var(--part); stroke: var(--open); stroke-width: 1.4; }
  .closed { fill: var(--closedpaper); stroke: var(--closed); stroke-width: 1.6; stroke-dasharray: 5 3; } .lock { fill: var(--closed); font-size: 11px; }
  .chip { fill: var(--chip); } .line { fill: none; stroke: var(--line); stroke-width: 1.5; } .lines { stroke-dasharray: 2 4; }
  .label { fill: var(--ink); font-size: 11px; } .behind { fill: var(--paper); opacity: 0.85; } .behindregion { fill: var(--region); opacity: 0.9; }
  .internet { fill: var(--chip); stroke: var(--open); stroke-width: 1.4; } marker path { fill: var(--line); }`;

/** The picture of a two-region environment. The same templates give the same bytes. */
export async function topologyPicture(topology: Topology): Promise<string> {
  const graph = pictureGraph(topology);
  const { width, height, regions, lines } = await layOut(graph);
  const top = MARGIN + TITLE_HEIGHT + INTERNET_HEIGHT + INTERNET_GAP;
  const all = { width: round(width + 2 * MARGIN), height: round(top + height + FOOT_HEIGHT + MARGIN / 2) };
  const names = graph.regions.map(({ name }) => name).join(', ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${all.width} ${all.height}" width="${all.width}" height="${all.height}" role="img" aria-labelledby="title description">`,
    `<title id="title">The topology of ${graph.title}</title>`,
    `<desc id="description">Regions ${names}: clusters behind balancers, the ring by zones, log routers and search, with the ports between them.</desc>`,
    `<style>${STYLE}\n</style>`,
    '<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0 8 4 0 8z"/></marker></defs>',
    `<rect class="paper" width="${all.width}" height="${all.height}"/>`,
    text({ x: MARGIN, y: MARGIN + 18 }, `${graph.title}: who calls whom`, 'title'),
    `<rect class="internet" x="${MARGIN}" y="${MARGIN + TITLE_HEIGHT}" width="${round(width)}" height="${INTERNET_HEIGHT}" rx="${CORNER}"/>`,
    text(
      { x: MARGIN + width / 2, y: MARGIN + TITLE_HEIGHT + 22 },
      'clients on the internet, sent to the nearest region that is well',
      'head',
      'middle',
    ),
    `<g transform="translate(${MARGIN} ${top})">`,
    ...regions.flatMap(drawRegion),
    ...regions.flatMap(drawArrival),
    ...lines.flatMap((line) => drawLine(line, 'behind')),
    ...drawLegend(legendPlace(regions)),
    '</g>',
    text({ x: MARGIN, y: top + height + FOOT_HEIGHT - 6 }, FOOT, 'soft'),
    '</svg>',
    '',
  ].join('\n');
}

function drawRegion({ region, parts, lines, ...box }: PlacedRegion): readonly string[] {
  const isWitness = parts.length === 1;
  return [
    `<g transform="translate(${round(box.x)} ${round(box.y)})">`,
    `<rect class="region" width="${round(box.width)}" height="${round(box.height)}" rx="${CORNER + 2}"/>`,
    text({ x: 18, y: 27 }, region.name, 'head'),
    text({ x: 18 + region.name.length * 8.2 + 10, y: 27 }, isWitness ? '' : region.cidr, 'soft'),
    ...lines.flatMap((line) => drawLine(line, 'behindregion')),
    ...parts.flatMap(drawPart),
    '</g>',
  ];
}

function drawPart({ part, ...box }: PlacedPart): readonly string[] {
  const { x, y, width, height } = box;
  const chips = part.zones.map(({ zone, things }, index) =>
    drawZone(chipBox(box, index, part.zones.length), zone, things),
  );
  return [
    `<rect class="${part.isClosed ? 'closed' : 'part'}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="${CORNER}"/>`,
    text({ x: x + 12, y: y + 20 }, part.name, 'head'),
    ...(part.isClosed && part.zones.length > 1
      ? [text({ x: x + width - 12, y: y + 20 }, 'no route to the internet', 'lock', 'end')]
      : []),
    ...part.lines.map((line, index) => text({ x: x + 12, y: y + 38 + index * 15 }, line, 'soft')),
    ...chips.flat(),
  ];
}

/** Zones stand side by side along the foot of a part. */
function chipBox({ x, y, width, height }: Box, index: number, count: number): Box {
  const gap = 8;
  const chipWidth = (width - 24 - gap * (count - 1)) / count;
  return { x: x + 12 + index * (chipWidth + gap), y: y + 48, width: chipWidth, height: height - 58 };
}

function drawZone(box: Box, zone: string, things: readonly string[]): readonly string[] {
  const middle = box.x + box.width / 2;
  const first = box.y + box.height / 2 + 4 - things.length * 7.5;
  return [
    `<rect class="chip" x="${round(box.x)}" y="${round(box.y)}" width="${round(box.width)}" height="${round(box.height)}" rx="4"/>`,
    text({ x: middle, y: first }, zone, things.length > 0 ? 'soft' : 'small', 'middle'),
    ...things.map((thing, index) =>
      text({ x: middle, y: first + 15 * (index + 1) }, thing, index === 0 ? '' : 'small', 'middle'),
    ),
  ];
}

function drawLine({ points, label, bothWays, arrow }: Line, behind: string): readonly string[] {
  const path = points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join(' ');
  const kind = arrow.to === 'log routers' ? 'line lines' : 'line';
  return [
    `<path class="${kind}" d="${path}" marker-end="url(#end)"${bothWays ? ' marker-start="url(#end)"' : ''}/>`,
    `<rect class="${behind}" x="${round(label.x)}" y="${round(label.y)}" width="${round(label.width)}" height="${round(label.height)}" rx="3"/>`,
    text({ x: label.x + label.width / 2, y: label.y + 12 }, label.text, 'label', 'middle'),
  ];
}

/** From the internet to the part of a region that it reaches. */
function drawArrival({ parts, x, y }: PlacedRegion): readonly string[] {
  const reached = parts.find(({ part }) => part.name === 'webhead');
  if (reached === undefined) return [];
  const middle = x + reached.x + reached.width / 2;
  const from = -INTERNET_GAP;
  const to = y + reached.y;
  return [
    `<path class="line" d="M${round(middle)} ${from} L${round(middle)} ${round(to)}" marker-end="url(#end)"/>`,
    text({ x: middle + 8, y: from + 24 }, '443 (80 redirects)', 'label'),
  ];
}

/** Between the regions, above what they say to each other. */
function legendPlace([first]: readonly PlacedRegion[]): Point {
  return { x: (first?.x ?? 0) + (first?.width ?? 0) + 40, y: first?.y ?? 0 };
}

function drawLegend({ x, y }: Point): readonly string[] {
  const row = (index: number) => round(y + 10 + index * LEGEND_ROW);
  const swatch = (index: number, kind: string) =>
    `<rect class="${kind}" x="${round(x)}" y="${row(index)}" width="30" height="16" rx="4"/>`;
  const arrow = (index: number, kind: string) =>
    `<path class="${kind}" d="M${round(x)} ${row(index) + 8} h30" marker-end="url(#end)"/>`;
  return [
    swatch(0, 'part'),
    swatch(1, 'closed'),
    arrow(2, 'line'),
    arrow(3, 'line lines'),
    ...LEGEND.map((line, index) => text({ x: x + 42, y: row(index) + 12 }, line, 'small')),
    ...STORY.map((line, index) => text({ x, y: row(LEGEND.length) + 26 + index * 21 }, line, '')),
  ];
}

function text({ x, y }: Point, content: string, kind: string, anchor: 'start' | 'middle' | 'end' = 'start'): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text class="${kind}" x="${round(x)}" y="${round(y)}"${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}>${escaped}</text>`;
}

/** Numbers as short as they can be, and the same on every machine. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
