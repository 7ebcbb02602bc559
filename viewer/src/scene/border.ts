/**
 * The rim of a scan. Where a gingiva was cut off its edge is ragged and means nothing, so it fades out; sockets of teeth are open
 * edges too, but short ones, and stay.
 */

/** Millimetres over which the rim fades. */
export const FADE_MM = 3.2;
/** The ragged teeth of a cut edge, gone altogether. */
const GONE_MM = 0.5;
const SMOOTHING = 4;

/** The vertices of the longest open edge of an indexed mesh, or none when it is closed. `position` holds x, y, z a vertex. */
export function rim(position: ArrayLike<number>, index: ArrayLike<number>): number[] {
  const next = new Map<number, number[]>();
  const uses = new Map<number, number>();
  const vertices = position.length / 3;
  const edge = (a: number, b: number) => (a < b ? a * vertices + b : b * vertices + a);
  const corners = (triangle: number) =>
    [0, 1, 2].map((i) => index[triangle + i] ?? 0) as [number, number, number];
  for (let t = 0; t < index.length; t += 3) {
    const [a, b, c] = corners(t);
    for (const key of [edge(a, b), edge(b, c), edge(c, a)]) uses.set(key, (uses.get(key) ?? 0) + 1);
  }
  for (const [key, count] of uses) {
    if (count !== 1) continue;
    const [a, b] = [Math.floor(key / vertices), key % vertices];
    next.set(a, [...(next.get(a) ?? []), b]);
    next.set(b, [...(next.get(b) ?? []), a]);
  }
  const at = (vertex: number, axis: number) => position[vertex * 3 + axis] ?? 0;
  const length = (a: number, b: number) =>
    Math.hypot(at(a, 0) - at(b, 0), at(a, 1) - at(b, 1), at(a, 2) - at(b, 2));
  const seen = new Set<number>();
  let longest: { vertices: number[]; length: number } = { vertices: [], length: 0 };
  for (const start of next.keys()) {
    if (seen.has(start)) continue;
    const found: number[] = [];
    let total = 0;
    const open = [start];
    seen.add(start);
    for (let here = open.pop(); here !== undefined; here = open.pop()) {
      found.push(here);
      for (const there of next.get(here) ?? []) {
        total += length(here, there) / 2;
        if (seen.has(there)) continue;
        seen.add(there);
        open.push(there);
      }
    }
    if (total > longest.length) longest = { vertices: found, length: total };
  }
  return longest.vertices;
}

/** Opacity of each vertex: 0 at the rim, 1 from `FADE_MM` on; all 1 for a closed mesh. */
export function fade(position: ArrayLike<number>, index: ArrayLike<number>): Float32Array {
  const vertices = position.length / 3;
  const opacity = new Float32Array(vertices).fill(1);
  const edge = rim(position, index);
  if (edge.length === 0) return opacity;
  const at = (vertex: number, axis: number) => position[vertex * 3 + axis] ?? 0;
  for (let v = 0; v < vertices; v++) {
    let nearest = FADE_MM * FADE_MM;
    const [x, y, z] = [at(v, 0), at(v, 1), at(v, 2)];
    for (const e of edge) {
      const [dx, dy, dz] = [at(e, 0) - x, at(e, 1) - y, at(e, 2) - z];
      nearest = Math.min(nearest, dx * dx + dy * dy + dz * dz);
    }
    const share = Math.max(0, (Math.sqrt(nearest) - GONE_MM) / (FADE_MM - GONE_MM));
    opacity[v] = share * share * (3 - 2 * share);
  }
  for (let round = 0; round < SMOOTHING; round++) smooth(opacity, index);
  return opacity;
}

/** Mix each value with those of its triangles, so that a jagged edge does not draw hairs. */
function smooth(opacity: Float32Array, index: ArrayLike<number>): void {
  const sum = new Float32Array(opacity.length);
  const count = new Float32Array(opacity.length);
  for (let t = 0; t < index.length; t += 3) {
    const [a = 0, b = 0, c = 0] = [index[t], index[t + 1], index[t + 2]];
    const mean = ((opacity[a] ?? 1) + (opacity[b] ?? 1) + (opacity[c] ?? 1)) / 3;
    for (const v of [a, b, c]) {
      sum[v] = (sum[v] ?? 0) + mean;
      count[v] = (count[v] ?? 0) + 1;
    }
  }
  opacity.forEach((own, v) => {
    const triangles = count[v] ?? 0;
    // Only downwards, and what is nothing stays nothing: the fade may grow inwards, never sharpen.
    if (triangles > 0) opacity[v] = Math.min(own, (sum[v] ?? 0) / triangles);
  });
}
