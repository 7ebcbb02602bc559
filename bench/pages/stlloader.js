/** The usual way: three's STLLoader, the files of a stage fetched when the stage is wanted. ?w=…&h=… is the size of the canvas. */
import {
  BufferGeometry,
  DirectionalLight,
  HemisphereLight,
  Mesh,
  MeshStandardMaterial,
  PerspectiveCamera,
  Scene,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { STLLoader } from "three/addons/loaders/STLLoader.js";

const asked = new URLSearchParams(location.search);
const width = Number(asked.get("w"));
const height = Number(asked.get("h"));
const renderer = new WebGLRenderer({ antialias: true });
renderer.setSize(width, height);
document.body.append(renderer.domElement);
const scene = new Scene();
scene.add(new HemisphereLight("#ffffff", "#dccbc1", 1.85));
const camera = new PerspectiveCamera(28, width / height, 1, 600);
camera.up.set(0, 0, 1);
camera.position.set(0, -170, 15);
const key = new DirectionalLight("#ffffff", 1.95);
key.position.set(-0.5, 0.75, 1);
camera.add(key);
scene.add(camera);
const controls = new OrbitControls(camera, renderer.domElement);
controls.target.set(0, 18, 0);
controls.update();
const draw = () => renderer.render(scene, camera);
controls.addEventListener("change", draw);

const material = new MeshStandardMaterial({ color: "#f3ead8", roughness: 0.4 });
const arches = ["Maxillary", "Mandibular"].map((name) => ({
  name,
  mesh: new Mesh(new BufferGeometry(), material),
}));
scene.add(...arches.map(({ mesh }) => mesh));
const loader = new STLLoader();

async function stage(number) {
  const files = arches.map(({ name }) => `models/${name}_stage_${String(number).padStart(2, "0")}.stl`);
  const geometries = await Promise.all(files.map((file) => loader.loadAsync(file)));
  arches.forEach(({ mesh }, index) => {
    mesh.geometry.dispose();
    mesh.geometry = geometries[index];
  });
  requestAnimationFrame(draw);
}

window.bench = { stage };
stage(0);
