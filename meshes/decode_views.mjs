// Undo EXT_meshopt_compression: node decode_views.mjs IN.glb OUT.bin DECODER.mjs
// OUT holds every buffer view's plain bytes one after the other; their lengths follow from the glTF itself.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [input, output, decoder] = process.argv.slice(2);
const { MeshoptDecoder } = await import(pathToFileURL(decoder).href);
await MeshoptDecoder.ready;

const file = readFileSync(input);
const jsonBytes = file.readUInt32LE(12);
const gltf = JSON.parse(file.toString('utf8', 20, 20 + jsonBytes));
const binary = file.subarray(20 + jsonBytes + 8);

const views = gltf.bufferViews.map((view) => {
  const packed = view.extensions?.EXT_meshopt_compression;
  if (!packed) return binary.subarray(view.byteOffset ?? 0, (view.byteOffset ?? 0) + view.byteLength);
  const start = packed.byteOffset ?? 0;
  const plain = new Uint8Array(packed.count * packed.byteStride);
  const source = binary.subarray(start, start + packed.byteLength);
  MeshoptDecoder.decodeGltfBuffer(plain, packed.count, packed.byteStride, source, packed.mode, packed.filter);
  return plain;
});
writeFileSync(output, Buffer.concat(views));
