/**
 * IPR on the models: a strip in the contact where enamel is taken, as a dental strip would stand there, and the place of its label. It follows
 * both teeth through the stages; the depth of the picture hides it behind others.
 */
import { BoxGeometry, type BufferGeometry, Group, Matrix4, Mesh, Vector3 } from "three";
import type { Ipr } from "../format/plan.ts";
import { buccalDirections } from "./anatomy.ts";
import type { Model, ModelPart } from "./model.ts";
import type { Palette } from "./palette.ts";

const UP = new Vector3(0, 0, 1);
/** A strip is this thick, wide (out of the arch) and high, mm. */
const STRIP_MM = [0.25, 4.5, 6] as const;
/** Labels stand this far out of the contact, towards the cheek, mm: before both crowns. */
const BEFORE_MM = 4;

/** A contact as the models stand: its middle, along the arch from the first tooth to the second, and out of the arch. World. */
export interface Contact {
  readonly step: Ipr;
  readonly due: boolean;
  readonly part: ModelPart;
  readonly middle: Vector3;
  readonly label: Vector3;
  readonly outward: Vector3;
  readonly along: Vector3;
}

interface Placed {
  readonly step: Ipr;
  readonly due: boolean;
}

/** The middle between how far one tooth reaches towards the other and how far the other reaches back, along the line of their centres. */
export function contactMiddle(
  one: { readonly centre: Vector3; readonly points: readonly Vector3[] },
  other: { readonly centre: Vector3; readonly points: readonly Vector3[] },
): { middle: Vector3; along: Vector3 } {
  const along = other.centre.clone().sub(one.centre).setZ(0).normalize();
  const reach = (points: readonly Vector3[], sign: 1 | -1) =>
    points.reduce((most, point) => Math.max(most, sign * along.dot(point)), Number.NEGATIVE_INFINITY);
  const there = (reach(one.points, 1) - reach(other.points, -1)) / 2;
  const middle = one.centre.clone().add(other.centre).multiplyScalar(0.5);
  return { middle: middle.addScaledVector(along, there - along.dot(middle)), along };
}

export class Reductions {
  private readonly group = new Group();
  private readonly strip: BufferGeometry = new BoxGeometry(...STRIP_MM);
  private readonly buccal: Map<string, Vector3>;

  /** The model must stand at stage 0. */
  constructor(
    private readonly model: Model,
    private readonly palette: Palette,
  ) {
    this.buccal = buccalDirections(model);
    model.root.add(this.group);
  }

  /** Draw the strips of these contacts as the models stand now, and say where they are; teeth that are hidden have none. */
  show(placed: readonly Placed[]): Contact[] {
    const contacts = placed.flatMap((item) => this.contact(item) ?? []);
    this.group.clear();
    for (const { middle, along, outward, due } of contacts) {
      const mesh = new Mesh(this.strip, due ? this.palette.due : this.palette.dueNext);
      mesh.matrixAutoUpdate = false;
      mesh.matrix.makeBasis(along, outward, UP).setPosition(middle.clone().addScaledVector(outward, 0.5));
      this.group.add(mesh);
    }
    this.group.updateMatrixWorld(true);
    return contacts;
  }

  get count(): number {
    return this.group.children.length;
  }

  private contact({ step, due }: Placed): Contact | null {
    const [one, other] = step.between.map((fdi) => this.model.tooth(fdi));
    if (!one?.node.visible || !other?.node.visible) return null;
    const { middle, along } = contactMiddle(this.standing(one), this.standing(other));
    const outward = new Vector3().crossVectors(UP, along);
    const cheek = this.buccal.get(one.plan.key);
    if (cheek && outward.dot(cheek) < 0) outward.negate();
    return {
      step,
      due,
      part: one,
      middle,
      along,
      outward,
      label: middle.clone().addScaledVector(outward, BEFORE_MM),
    };
  }

  /** A tooth's centre and outline where it stands now. */
  private standing(part: ModelPart): { centre: Vector3; points: Vector3[] } {
    const start = this.model.starts.get(part.plan.key) ?? new Matrix4();
    const motion = part.node.matrixWorld.clone().multiply(start.clone().invert());
    const points = (this.model.outlines.get(part.plan.key) ?? []).map((point) =>
      point.clone().applyMatrix4(motion),
    );
    return { centre: new Vector3().setFromMatrixPosition(part.node.matrixWorld), points };
  }

  dispose(): void {
    this.group.removeFromParent();
    this.strip.dispose();
  }
}
