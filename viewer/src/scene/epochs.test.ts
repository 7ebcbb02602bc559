import { BoxGeometry, Group, Mesh, MeshBasicMaterial } from "three";
import { expect, test } from "vitest";
import type { Part } from "../format/plan.ts";
import { heights, shownMeshes, skinOf } from "./epochs.ts";
import type { ModelPart } from "./model.ts";

function part(): ModelPart {
  const node = new Group();
  node.position.set(10, 0, 0);
  const meshes = [1, 0].map((scale) => {
    const epoch = new Group();
    epoch.scale.setScalar(scale);
    const mesh = new Mesh(new BoxGeometry(2, 2, 2), new MeshBasicMaterial());
    mesh.scale.setScalar(0.0006);
    epoch.add(mesh);
    node.add(epoch);
    return mesh;
  });
  node.updateMatrixWorld(true);
  return { plan: {} as Part, node, meshes };
}

test("only the meshes of the epoch that the model stands in are its shape, however finely they are quantised", () => {
  const tooth = part();
  expect(shownMeshes(tooth)).toEqual([tooth.meshes[0]]);
});

test("a part with one geometry keeps its list of meshes", () => {
  const tooth = part();
  const single = { ...tooth, meshes: tooth.meshes.slice(0, 1) };
  expect(shownMeshes(single)).toBe(single.meshes);
});

test("a skin is in the frame of the part's node, wherever that stands", () => {
  const tooth = part();
  const { points } = skinOf(tooth, shownMeshes(tooth));
  expect(Math.max(...points)).toBeCloseTo(0.0006, 6);
});

test("a height is measured out of the surface, near the place alone", () => {
  const base = {
    points: new Float32Array([0, 0, 0, 1, 0, 0]),
    normals: new Float32Array([0, 0, 1, 0, 0, 1]),
  };
  const points = new Float32Array([0, 0, 0.5, 1, 0, -0.5, 9, 0, 2]);
  const [out, inside, far] = heights(points, base, [0, 0, 0], 3);
  expect(out).toBeCloseTo(0.5);
  expect(inside).toBe(0);
  expect(far).toBe(0);
});
