/**
 * Packs meshes with Draco: node draco.js FOLDER BITS. Each NAME.points (float32) and NAME.faces (uint32) becomes NAME.drc; where NAME.check
 * lies beside it, the file is decoded again into NAME.decoded (float32). Slowest and smallest settings.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import draco3d from "draco3d";

const [folder, bits] = process.argv.slice(2);
const encoderModule = await draco3d.createEncoderModule({});
const decoderModule = await draco3d.createDecoderModule({});

function array(Kind, file) {
  const bytes = readFileSync(file);
  return new Kind(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

function encoded(points, faces) {
  const encoder = new encoderModule.Encoder();
  const builder = new encoderModule.MeshBuilder();
  const mesh = new encoderModule.Mesh();
  const out = new encoderModule.DracoInt8Array();
  builder.AddFacesToMesh(mesh, faces.length / 3, faces);
  builder.AddFloatAttributeToMesh(mesh, encoderModule.POSITION, points.length / 3, 3, points);
  encoder.SetSpeedOptions(0, 0);
  encoder.SetAttributeQuantization(encoderModule.POSITION, Number(bits));
  const length = encoder.EncodeMeshToDracoBuffer(mesh, out);
  if (length <= 0) throw new Error("Draco refused a mesh.");
  const bytes = Buffer.from(Int8Array.from({ length }, (_, i) => out.GetValue(i)).buffer);
  for (const object of [out, mesh, builder, encoder]) encoderModule.destroy(object);
  return bytes;
}

function decodedPoints(bytes) {
  const decoder = new decoderModule.Decoder();
  const buffer = new decoderModule.DecoderBuffer();
  buffer.Init(new Int8Array(bytes), bytes.length);
  const mesh = new decoderModule.Mesh();
  const status = decoder.DecodeBufferToMesh(buffer, mesh);
  if (!status.ok()) throw new Error(status.error_msg());
  const values = new decoderModule.DracoFloat32Array();
  const attribute = decoder.GetAttribute(mesh, decoder.GetAttributeId(mesh, decoderModule.POSITION));
  decoder.GetAttributeFloatForAllPoints(mesh, attribute, values);
  const points = Float32Array.from({ length: values.size() }, (_, i) => values.GetValue(i));
  for (const object of [values, mesh, buffer, decoder]) decoderModule.destroy(object);
  return points;
}

for (const file of readdirSync(folder)) {
  if (!file.endsWith(".points")) continue;
  const name = join(folder, file.slice(0, -".points".length));
  const bytes = encoded(array(Float32Array, `${name}.points`), array(Uint32Array, `${name}.faces`));
  writeFileSync(`${name}.drc`, bytes);
  if (existsSync(`${name}.check`)) writeFileSync(`${name}.decoded`, decodedPoints(bytes));
}
