/** Checked readers of parsed JSON: each gives a typed value or says, with the path, what it expected. */

/** The block in the page does not follow the contract; the message starts with the path of the value. */
export class PlanError extends Error {
  override readonly name = "PlanError";
}

export type Fields = Record<string, unknown>;

export function wrong(path: string, expected: string): never {
  throw new PlanError(`${path}: expected ${expected}`);
}

export function fields(value: unknown, path: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) wrong(path, "an object");
  return value as Fields;
}

export function list(value: unknown, path: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) wrong(path, "a list");
  return value;
}

export function number(value: unknown, path: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) wrong(path, "a finite number");
  return value;
}

export function integer(value: unknown, path: string): number {
  const n = number(value, path);
  if (!Number.isInteger(n)) wrong(path, "a whole number");
  return n;
}

export function text(value: unknown, path: string): string {
  if (typeof value !== "string") wrong(path, "a text");
  return value;
}

export function oneOf<T extends string>(value: unknown, among: readonly T[], path: string): T {
  const found = among.find((item) => item === value);
  return found ?? wrong(path, `one of ${among.join(", ")}`);
}

export function optional<T>(
  value: unknown,
  path: string,
  read: (value: unknown, path: string) => T,
): T | null {
  return value === undefined || value === null ? null : read(value, path);
}
