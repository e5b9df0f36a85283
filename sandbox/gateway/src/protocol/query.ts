import { type ServiceModel, type Shape, type ShapeRef, shapeOf } from '../model/service-model.ts';
import { isPresent, scalarFromText, scalarToText } from './values.ts';

/** The two dialects of form-encoded requests: EC2 capitalises names and writes every list flat. */
export type QueryDialect = 'query' | 'ec2';

/** Typed values to the form fields of a request, without Action and Version. */
export function toForm(model: ServiceModel, ref: ShapeRef, value: unknown, dialect: QueryDialect): [string, string][] {
  const fields: [string, string][] = [];
  write({ model, dialect, fields }, ref, value, '');
  return fields;
}

interface Writer {
  readonly model: ServiceModel;
  readonly dialect: QueryDialect;
  readonly fields: [string, string][];
}

function write(writer: Writer, ref: ShapeRef, value: unknown, prefix: string): void {
  if (!isPresent(value)) return;
  const shape = shapeOf(writer.model, ref.shape);
  if (shape.type === 'structure') {
    for (const [name, member] of Object.entries(shape.members ?? {})) {
      const key = memberKey(writer.model, name, member, writer.dialect);
      write(writer, member, (value as Record<string, unknown>)[name], join(prefix, key));
    }
  } else if (shape.type === 'list' && shape.member !== undefined) {
    const items = value as readonly unknown[];
    if (items.length === 0 && writer.dialect === 'query') writer.fields.push([prefix, '']);
    const base = itemsKey(shape, ref, prefix, writer.dialect);
    for (const [index, item] of items.entries()) write(writer, shape.member, item, `${base}.${index + 1}`);
  } else if (shape.type === 'map' && shape.key !== undefined && shape.value !== undefined) {
    const base = (shape.flattened ?? ref.flattened) === true ? prefix : `${prefix}.entry`;
    for (const [index, [key, item]] of Object.entries(value as Record<string, unknown>).entries()) {
      write(writer, shape.key, key, `${base}.${index + 1}.${shape.key.locationName ?? 'key'}`);
      write(writer, shape.value, item, `${base}.${index + 1}.${shape.value.locationName ?? 'value'}`);
    }
  } else writer.fields.push([prefix, scalarToText(ref, shape, value, 'iso8601')]);
}

function join(prefix: string, key: string): string {
  return prefix === '' ? key : `${prefix}.${key}`;
}

function memberKey(model: ServiceModel, name: string, member: ShapeRef, dialect: QueryDialect): string {
  if (dialect === 'ec2') {
    if (member.queryName !== undefined) return member.queryName;
    const key = member.locationName ?? name;
    return key.charAt(0).toUpperCase() + key.slice(1);
  }
  const shape = shapeOf(model, member.shape);
  const flatList = shape.type === 'list' && (shape.flattened ?? member.flattened) === true;
  return (flatList ? shape.member?.locationName : undefined) ?? member.locationName ?? name;
}

function itemsKey(shape: Shape, ref: ShapeRef, prefix: string, dialect: QueryDialect): string {
  if (dialect === 'ec2' || (shape.flattened ?? ref.flattened) === true) return prefix;
  return `${prefix}.${shape.member?.locationName ?? 'member'}`;
}

/** Form fields as a tree: `A.B.1=x` is `{A: {B: {1: 'x'}}}`; a node's own text is under the empty key. */
interface Field {
  text?: string;
  readonly children: Map<string, Field>;
}

export function treeOf(fields: Iterable<readonly [string, string]>): Field {
  const root: Field = { children: new Map() };
  for (const [name, text] of fields) {
    let node = root;
    for (const part of name.split('.')) {
      let child = node.children.get(part);
      if (child === undefined) {
        child = { children: new Map() };
        node.children.set(part, child);
      }
      node = child;
    }
    node.text = text;
  }
  return root;
}

/** Form fields to typed values by the operation's input shape. Fields that the model does not know are left out. */
export function fromForm(
  model: ServiceModel,
  ref: ShapeRef,
  fields: Iterable<readonly [string, string]>,
  dialect: QueryDialect,
): Record<string, unknown> {
  const typed = read(model, ref, treeOf(fields), dialect);
  return typed as Record<string, unknown>;
}

function read(model: ServiceModel, ref: ShapeRef, node: Field, dialect: QueryDialect): unknown {
  const shape = shapeOf(model, ref.shape);
  if (shape.type === 'structure') {
    const typed: [string, unknown][] = [];
    for (const [name, member] of Object.entries(shape.members ?? {})) {
      const child = node.children.get(memberKey(model, name, member, dialect));
      if (child !== undefined) typed.push([name, read(model, member, child, dialect)]);
    }
    return Object.fromEntries(typed);
  }
  if (shape.type === 'list' && shape.member !== undefined) {
    const { member } = shape;
    return numbered(itemsNode(shape, ref, node, dialect)).map((item) => read(model, member, item, dialect));
  }
  if (shape.type === 'map' && shape.key !== undefined && shape.value !== undefined) {
    const { key, value } = shape;
    const flat = (shape.flattened ?? ref.flattened) === true;
    const entries = numbered(flat ? node : node.children.get('entry')).map((entry) => [
      entry.children.get(key.locationName ?? 'key')?.text ?? '',
      read(model, value, entry.children.get(value.locationName ?? 'value') ?? { children: new Map() }, dialect),
    ]);
    return Object.fromEntries(entries);
  }
  return scalarFromText(shape, node.text ?? '');
}

/** Clients are free to call list items `member` whatever the model says; AWS takes both. */
function itemsNode(shape: Shape, ref: ShapeRef, node: Field, dialect: QueryDialect): Field | undefined {
  if (dialect === 'ec2' || (shape.flattened ?? ref.flattened) === true) return node;
  return node.children.get(shape.member?.locationName ?? 'member') ?? node.children.get('member');
}

function numbered(node: Field | undefined): readonly Field[] {
  if (node === undefined) return [];
  const items = [...node.children].filter(([key]) => /^\d+$/.test(key));
  return items.sort(([a], [b]) => Number(a) - Number(b)).map(([, item]) => item);
}
