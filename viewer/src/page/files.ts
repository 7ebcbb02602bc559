/** Fetches a model file and says in which of two ways it failed: gone for this reader, or worth another try. */
import type { Plan } from "../format/plan.ts";

/** The answer is the same for a setup that is not shared, no longer shared, or absent. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
}

const GLB_MAGIC = 0x46546c67;

export function isModel(bytes: ArrayBuffer): boolean {
  return bytes.byteLength >= 20 && new DataView(bytes).getUint32(0, true) === GLB_MAGIC;
}

/** Raises Unavailable, or an Error when trying again may help. */
export async function fetchModel(address: string, signal: AbortSignal): Promise<ArrayBuffer> {
  const answer = await fetch(address, { signal });
  if ([401, 403, 404, 410].includes(answer.status)) throw new Unavailable(`${address}: ${answer.status}`);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  const bytes = await answer.arrayBuffer();
  // A session that has ended answers with the sign-in page.
  if (!isModel(bytes)) throw answer.redirected ? new Unavailable(address) : new Error(`${address}: no model`);
  return bytes;
}

/** The finer models, on their way while the preview is read and drawn; null when there are none. Who awaits them hears of a failure. */
export function fetchFull(
  { preview, full }: Plan["files"],
  signal: AbortSignal,
): Promise<ArrayBuffer | null> {
  if (!full || full === preview) return Promise.resolve(null);
  const bytes = fetchModel(full, signal);
  bytes.catch(() => {});
  return bytes;
}
