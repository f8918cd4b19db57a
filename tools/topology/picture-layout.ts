/** Where each part of the picture stands, and how each arrow goes: by ELK, each region first and then the regions beside each other. */

import elk from 'elkjs/lib/elk.bundled.js';
import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { Arrow, Part, PictureGraph, PictureRegion } from './picture-graph.ts';

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Line {
  readonly arrow: Arrow;
  readonly points: readonly Point[];
  readonly label: { readonly text: string } & Box;
  readonly bothWays: boolean;
}

export interface PlacedPart extends Box {
  readonly part: Part;
}

export interface PlacedRegion extends Box {
  readonly region: PictureRegion;
  readonly parts: readonly PlacedPart[];
  readonly lines: readonly Line[];
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly regions: readonly PlacedRegion[];
  /** Between regions. */
  readonly lines: readonly Line[];
}

const PART_WIDTH = 258;
const PART_HEIGHT = 88;
const RING_NODE_WIDTH = 104;
const RING_HEIGHT = 112;
const REGION_HEAD = 44;
const REGION_PADDING = 18;
const LABEL_HEIGHT = 16;
const LETTER_WIDTH = 6.3;

/** What is said beside a port. */
const WORDS: Readonly<Record<string, string>> = {
  'webhead keysigner': 'sign',
  'webhead dbwriter': 'write',
  'webhead ring': 'read',
  'dbwriter ring': 'read and write',
  'ring ring': 'replication',
  'log routers search': 'lines',
};

const SHARED_OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.crossingMinimization.forceNodeModelOrder': 'true',
  'elk.randomSeed': '1',
  'elk.edgeLabels.placement': 'CENTER',
};

export async function layOut({ regions, arrows }: PictureGraph): Promise<Layout> {
  const engine = new elk.default();
  const inner = await Promise.all(regions.map((region) => layOutRegion(engine, region, arrows)));
  const [primary, second, witness] = [...inner].sort(
    (left, right) =>
      right.region.parts.length - left.region.parts.length || (left.region.name < right.region.name ? -1 : 1),
  );
  // Regions that serve are as high as each other, and the witness stands between the two that it decides for.
  const height = Math.max(...inner.map((placed) => placed.height));
  const order = [
    ...(primary === undefined ? [] : [{ ...primary, height }]),
    ...(witness === undefined ? [] : [witness]),
    ...(second === undefined ? [] : [{ ...mirrored(second), height }]),
  ];
  return layOutRegions(engine, order, arrows);
}

type Engine = InstanceType<typeof elk.default>;

async function layOutRegion(engine: Engine, region: PictureRegion, arrows: readonly Arrow[]): Promise<PlacedRegion> {
  const within = arrows.filter(
    ({ fromRegion, toRegion, from, to }) =>
      fromRegion === region.name &&
      toRegion === region.name &&
      from !== 'internet' &&
      !(to === 'log routers' && from !== 'ring'),
  );
  const laidOut: ElkNode = await engine.layout({
    id: region.name,
    layoutOptions: {
      ...SHARED_OPTIONS,
      'elk.direction': 'DOWN',
      'elk.spacing.nodeNode': '26',
      'elk.layered.spacing.nodeNodeBetweenLayers': '30',
      'elk.padding': `[top=${REGION_HEAD},left=${REGION_PADDING},bottom=${REGION_PADDING},right=${REGION_PADDING}]`,
    },
    children: region.parts.map((part) => ({ id: part.name, ...sizeOf(part) })),
    edges: within.map((arrow, index) => edge(String(index), { from: arrow.from, to: arrow.to }, labelOf(arrow))),
  });
  return {
    region,
    ...boxOf(laidOut),
    parts: (laidOut.children ?? []).map((child, index) => ({ part: part(region, index), ...boxOf(child) })),
    lines: (laidOut.edges ?? []).map((one, index) => lineOf(one, within[index], false)),
  };
}

async function layOutRegions(
  engine: Engine,
  order: readonly PlacedRegion[],
  arrows: readonly Arrow[],
): Promise<Layout> {
  const place = (name: string) => order.findIndex(({ region }) => region.name === name);
  // Of two arrows in opposite directions one line is drawn, from left to right as regions stand.
  const between = arrows.filter(
    ({ fromRegion, from, toRegion, to }) =>
      fromRegion !== toRegion && (from !== to || place(fromRegion) < place(toRegion)),
  );
  const isForward = ({ fromRegion, toRegion }: Arrow) => place(fromRegion) < place(toRegion);
  const laidOut: ElkNode = await engine.layout({
    id: 'regions',
    layoutOptions: {
      ...SHARED_OPTIONS,
      'elk.direction': 'RIGHT',
      'elk.layered.nodePlacement.strategy': 'BRANDES_KOEPF',
      'elk.spacing.edgeNode': '24',
      'elk.layered.spacing.nodeNodeBetweenLayers': '40',
      'elk.padding': '[top=0,left=0,bottom=0,right=0]',
    },
    children: order.map((placed) => ({
      id: placed.region.name,
      width: placed.width,
      height: placed.height,
      layoutOptions: { 'elk.portConstraints': 'FIXED_POS' },
      ports: portsOf(placed, between, isForward),
    })),
    edges: between.map((arrow, index) => {
      const ends = { from: `${index} from`, to: `${index} to` };
      const drawn = edge(String(index), isForward(arrow) ? ends : { from: ends.to, to: ends.from }, labelOf(arrow));
      // Regions that serve stand at one height: what replicates between them goes straight.
      return { ...drawn, layoutOptions: { 'elk.layered.priority.straightness': arrow.from === arrow.to ? '10' : '1' } };
    }),
  });
  const boxes = (laidOut.children ?? []).map(boxOf);
  const regions = order.map((placed, index) => moved(placed, boxes[index]));
  const lines = (laidOut.edges ?? []).map((one, index) => {
    const arrow = between[index];
    const line = lineOf(one, arrow, arrow?.from === arrow?.to);
    const isDrawnForward = arrow !== undefined && isForward(arrow);
    return reachingParts(isDrawnForward ? line : { ...line, points: line.points.toReversed() }, regions);
  });
  return { width: laidOut.width ?? 0, height: laidOut.height ?? 0, regions, lines };
}

/** Where arrows between regions leave a region: at the height of their part, spread over it, at the side of the other region. */
function portsOf(
  { region, parts, width }: PlacedRegion,
  between: readonly Arrow[],
  isForward: (arrow: Arrow) => boolean,
) {
  const ends = between.flatMap((arrow, index) => [
    { id: `${index} from`, region: arrow.fromRegion, part: arrow.from, isRight: isForward(arrow) },
    { id: `${index} to`, region: arrow.toRegion, part: arrow.to, isRight: !isForward(arrow) },
  ]);
  const own = ends.filter((end) => end.region === region.name);
  return own.map(({ id, part: name, isRight }) => {
    const beside = own.filter((end) => end.part === name && end.isRight === isRight);
    const box = parts.find((placed) => placed.part.name === name);
    const share = (beside.findIndex((end) => end.id === id) + 1) / (beside.length + 1);
    return {
      id,
      x: isRight ? width : 0,
      y: (box?.y ?? 0) + (box?.height ?? 0) * share,
      width: 0,
      height: 0,
      layoutOptions: { 'elk.port.side': isRight ? 'EAST' : 'WEST' },
    };
  });
}

/** The second region faces the first one, so that what they say to each other has the shortest way. */
function mirrored({ parts, lines, width, ...placed }: PlacedRegion): PlacedRegion {
  const flip = <Flat extends Box>(box: Flat): Flat => ({ ...box, x: width - box.x - box.width });
  return {
    ...placed,
    width,
    parts: parts.map(flip),
    lines: lines.map((line) => ({
      ...line,
      label: flip(line.label),
      points: line.points.map(({ x, y }) => ({ x: width - x, y })),
    })),
  };
}

/** Leads a line on from a region's border to the part that it is about. */
function reachingParts({ points, ...line }: Line, regions: readonly PlacedRegion[]): Line {
  const { arrow } = line;
  const sideOf = (name: string, part: string, { x, y }: Point): Point => {
    const region = regions.find((placed) => placed.region.name === name);
    const box = region?.parts.find((placed) => placed.part.name === part);
    if (region === undefined || box === undefined) throw new RangeError(`${name} has no ${part}`);
    const left = region.x + box.x;
    return { x: Math.abs(x - region.x) < 1 ? left : left + box.width, y };
  };
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) throw new RangeError('an arrow has no points');
  const start = sideOf(arrow.fromRegion, arrow.from, first);
  return { ...line, points: [start, ...points, sideOf(arrow.toRegion, arrow.to, last)] };
}

function edge(id: string, { from, to }: { from: string; to: string }, text: string): ElkExtendedEdge {
  const width = Math.ceil(text.length * LETTER_WIDTH) + 8;
  return { id, sources: [from], targets: [to], labels: [{ text, width, height: LABEL_HEIGHT }] };
}

function lineOf({ sections, labels }: ElkExtendedEdge, arrow: Arrow | undefined, bothWays: boolean): Line {
  const [section] = sections ?? [];
  const [label] = labels ?? [];
  if (arrow === undefined || section === undefined || label === undefined)
    throw new RangeError('an arrow was not laid out');
  const points = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint].map(({ x, y }) => ({ x, y }));
  return { arrow, points, bothWays, label: { text: labelOf(arrow), ...boxOf(label) } };
}

function labelOf({ from, to, ports, fromRegion, toRegion }: Arrow): string {
  // Within a region one arrow is drawn for all that send lines.
  const lines = fromRegion === toRegion ? 'lines of every machine' : 'lines';
  return [ports.join(', '), to === 'log routers' ? lines : (WORDS[`${from} ${to}`] ?? '')].join(' ').trim();
}

function sizeOf({ name, zones }: Part) {
  if (name !== 'ring') return { width: PART_WIDTH, height: PART_HEIGHT };
  return { width: Math.max(zones.length * (RING_NODE_WIDTH + 10) + 14, 150), height: RING_HEIGHT };
}

function part({ parts }: PictureRegion, index: number): Part {
  const found = parts[index];
  if (found === undefined) throw new RangeError(`part ${index} was laid out, and is not there`);
  return found;
}

function moved(placed: PlacedRegion, box: Box | undefined): PlacedRegion {
  return { ...placed, x: box?.x ?? 0, y: box?.y ?? 0 };
}

function boxOf({ x = 0, y = 0, width = 0, height = 0 }: Partial<Pick<ElkNode, 'x' | 'y' | 'width' | 'height'>>): Box {
  return { x, y, width, height };
}
