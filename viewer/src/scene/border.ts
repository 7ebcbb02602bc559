/**
 * The rim of a scan. Where a gingiva was cut off its edge is ragged and means nothing, so it fades out; sockets of teeth are open
 * edges too, but short ones, and stay.
 */

/** Within this distance of the (smoothed) rim nothing is seen: the ragged teeth of the cut. */
export const GONE_MM = 1.2;
/** From this distance on everything is. */
export const FADE_MM = 4.5;
/** Rounds of averaging along the rim; enough to level teeth of a saw, too few to cut its corners. */
const LEVELLING = 12;

/** A rim is some 250 mm long, so this leaves well under a millimetre between points, and bounds the work. */
const MOST_POINTS = 800;

type Rim = ReadonlyMap<number, readonly number[]>;

/** Edges that belong to one triangle only, as neighbours of each vertex. */
function openEdges(vertices: number, index: ArrayLike<number>): Rim {
  const uses = new Map<number, number>();
  for (let t = 0; t < index.length; t += 3) {
    const [a = 0, b = 0, c = 0] = [index[t], index[t + 1], index[t + 2]];
    for (const [from, to] of [
      [a, b],
      [b, c],
      [c, a],
    ] as const) {
      const key = Math.min(from, to) * vertices + Math.max(from, to);
      uses.set(key, (uses.get(key) ?? 0) + 1);
    }
  }
  const open = new Map<number, number[]>();
  const join = (a: number, b: number) => open.set(a, [...(open.get(a) ?? []), b]);
  for (const [key, count] of uses) {
    if (count !== 1) continue;
    join(Math.floor(key / vertices), key % vertices);
    join(key % vertices, Math.floor(key / vertices));
  }
  return open;
}

/** The longest open edge of an indexed mesh, as neighbours of each vertex; empty when it is closed. `position` is x, y, z a vertex. */
export function rim(position: ArrayLike<number>, index: ArrayLike<number>): Rim {
  const open = openEdges(position.length / 3, index);
  const length = (a: number, b: number) =>
    Math.hypot(...[0, 1, 2].map((axis) => (position[a * 3 + axis] ?? 0) - (position[b * 3 + axis] ?? 0)));
  const seen = new Set<number>();
  let longest: { vertices: number[]; length: number } = { vertices: [], length: 0 };
  for (const start of open.keys()) {
    if (seen.has(start)) continue;
    const found: number[] = [];
    let total = 0;
    const waiting = [start];
    seen.add(start);
    for (let here = waiting.pop(); here !== undefined; here = waiting.pop()) {
      found.push(here);
      for (const there of open.get(here) ?? []) {
        total += length(here, there) / 2;
        if (seen.has(there)) continue;
        seen.add(there);
        waiting.push(there);
      }
    }
    if (total > longest.length) longest = { vertices: found, length: total };
  }
  return new Map(longest.vertices.map((vertex) => [vertex, open.get(vertex) ?? []]));
}

/** The rim's points, each drawn towards its neighbours until the saw is level. Three numbers a point. */
function levelled(position: ArrayLike<number>, edge: Rim): number[][] {
  let points = new Map(
    [...edge.keys()].map((v) => [v, [0, 1, 2].map((axis) => position[v * 3 + axis] ?? 0)]),
  );
  for (let round = 0; round < LEVELLING; round++) {
    points = new Map(
      [...points].map(([vertex, own]) => {
        const near = [own, ...(edge.get(vertex) ?? []).flatMap((other) => [points.get(other) ?? own])];
        return [vertex, own.map((_, axis) => near.reduce((sum, p) => sum + (p[axis] ?? 0), 0) / near.length)];
      }),
    );
  }
  return [...points.values()];
}

/**
 * How far each vertex is from the rim, mm; `FADE_MM` everywhere for a closed mesh. Distances, not opacities, because distances can be
 * interpolated over large triangles; the shader makes them opacity.
 */
export function rimDistances(position: ArrayLike<number>, index: ArrayLike<number>): Float32Array {
  const points = levelled(position, rim(position, index));
  const stride = Math.max(1, Math.ceil(points.length / MOST_POINTS));
  const edge = Float32Array.from(points.filter((_, i) => i % stride === 0).flat());
  const distances = new Float32Array(position.length / 3).fill(FADE_MM);
  if (edge.length === 0) return distances;
  for (let v = 0; v < distances.length; v++) {
    const [x = 0, y = 0, z = 0] = [position[v * 3], position[v * 3 + 1], position[v * 3 + 2]];
    let nearest = Number.POSITIVE_INFINITY;
    for (let e = 0; e < edge.length; e += 3) {
      const dx = (edge[e] ?? 0) - x;
      const dy = (edge[e + 1] ?? 0) - y;
      const dz = (edge[e + 2] ?? 0) - z;
      nearest = Math.min(nearest, dx * dx + dy * dy + dz * dz);
    }
    distances[v] = Math.sqrt(nearest);
  }
  return distances;
}
