import { type ServiceModel, type Shape, type ShapeRef, shapeOf } from './service-model.ts';

/** One place where a value breaks the service model. `constraint` is worded as AWS words it. */
export interface Violation {
  /** As `resourcesVpcConfig.subnetIds.1`; empty for the value itself. */
  readonly path: string;
  readonly value: unknown;
  readonly constraint: string;
}

export interface ValidateOptions {
  /** Members that the model does not know are violations: on for answers of our own. */
  readonly refuseUnknown: boolean;
}

/** Compares a value with a shape of the model: types, required members, enums, ranges, lengths and patterns. */
export function validate(
  model: ServiceModel,
  shapeName: string,
  value: unknown,
  options: ValidateOptions,
): readonly Violation[] {
  const found: Violation[] = [];
  visit({ model, options, found }, { shape: shapeName }, value, '');
  return found;
}

interface Walk {
  readonly model: ServiceModel;
  readonly options: ValidateOptions;
  readonly found: Violation[];
}

function visit(walk: Walk, ref: ShapeRef, value: unknown, path: string): void {
  const shape = shapeOf(walk.model, ref.shape);
  const refuse = (constraint: string): void => void walk.found.push({ path, value, constraint });
  if (!hasType(shape, value)) return refuse(`Member must be of type ${shape.type}`);
  if (shape.type === 'structure') return visitStructure(walk, shape, value as Record<string, unknown>, path);
  if (shape.type === 'list') {
    const list = value as readonly unknown[];
    checkSize(shape, list.length, refuse);
    for (const [index, item] of list.entries())
      if (shape.member) visit(walk, shape.member, item, `${path}.${index + 1}`);
    return;
  }
  if (shape.type === 'map') {
    const entries = Object.entries(value as Record<string, unknown>);
    checkSize(shape, entries.length, refuse);
    for (const [key, item] of entries) {
      if (shape.key) visit(walk, shape.key, key, `${path}.${key}.key`);
      if (shape.value) visit(walk, shape.value, item, `${path}.${key}`);
    }
    return;
  }
  visitScalar(shape, value, refuse);
}

function visitStructure(walk: Walk, shape: Shape, value: Record<string, unknown>, path: string): void {
  if (shape.document === true) return;
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  for (const name of shape.required ?? []) {
    if (value[name] === undefined || value[name] === null) {
      walk.found.push({ path: at(name), value: null, constraint: 'Member must not be null' });
    }
  }
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined || member === null) continue;
    const ref = shape.members?.[name];
    if (ref !== undefined) visit(walk, ref, member, at(name));
    else if (walk.options.refuseUnknown) {
      walk.found.push({ path: at(name), value: member, constraint: 'Member is not in the service model' });
    }
  }
}

function visitScalar(shape: Shape, value: unknown, refuse: (constraint: string) => void): void {
  if (typeof value === 'number') return checkRange(shape, value, refuse);
  if (value instanceof Uint8Array) return checkSize(shape, value.length, refuse);
  if (typeof value !== 'string') return;
  if (shape.enum !== undefined && !shape.enum.includes(value)) {
    return refuse(`Member must satisfy enum value set: [${shape.enum.join(', ')}]`);
  }
  checkSize(shape, value.length, refuse);
  if (shape.pattern !== undefined && !matches(shape.pattern, value)) {
    refuse(`Member must satisfy regular expression pattern: ${shape.pattern}`);
  }
}

function checkSize(shape: Shape, size: number, refuse: (constraint: string) => void): void {
  if (shape.min !== undefined && size < shape.min)
    refuse(`Member must have length greater than or equal to ${shape.min}`);
  if (shape.max !== undefined && size > shape.max) refuse(`Member must have length less than or equal to ${shape.max}`);
}

function checkRange(shape: Shape, value: number, refuse: (constraint: string) => void): void {
  if (shape.min !== undefined && value < shape.min)
    refuse(`Member must have value greater than or equal to ${shape.min}`);
  if (shape.max !== undefined && value > shape.max) refuse(`Member must have value less than or equal to ${shape.max}`);
}

function hasType(shape: Shape, value: unknown): boolean {
  switch (shape.type) {
    case 'structure':
      return shape.document === true || isRecord(value);
    case 'map':
      return isRecord(value);
    case 'list':
      return Array.isArray(value);
    case 'string':
    case 'character':
      return typeof value === 'string';
    case 'integer':
    case 'long':
      return Number.isInteger(value);
    case 'float':
    case 'double':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'timestamp':
      return value instanceof Date && !Number.isNaN(value.getTime());
    case 'blob':
      return value instanceof Uint8Array;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

const compiled = new Map<string, RegExp | undefined>();

/** AWS matches the whole value. A pattern in a dialect that JavaScript cannot compile holds for everything. */
function matches(pattern: string, value: string): boolean {
  if (!compiled.has(pattern)) compiled.set(pattern, compile(pattern));
  return compiled.get(pattern)?.test(value) ?? true;
}

function compile(pattern: string): RegExp | undefined {
  for (const flags of ['su', 's']) {
    try {
      return new RegExp(`^(?:${pattern})$`, flags);
    } catch {}
  }
  return undefined;
}

/** The sentence that AWS answers with: `2 validation errors detected: Value 'x' at 'name' failed …; …`. */
export function describeViolations(violations: readonly Violation[]): string {
  const many = violations.length > 1 ? 'errors' : 'error';
  const each = violations.map(({ path, value, constraint }) => {
    const lower = path === '' ? '' : path.charAt(0).toLowerCase() + path.slice(1);
    const shown =
      value === null ? 'Value' : `Value '${typeof value === 'object' ? JSON.stringify(value) : String(value)}'`;
    return `${shown} at '${lower}' failed to satisfy constraint: ${constraint}`;
  });
  return `${violations.length} validation ${many} detected: ${each.join('; ')}`;
}
