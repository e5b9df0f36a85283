import { type ServiceModel, type ShapeRef, shapeOf } from '../model/service-model.ts';
import { formatTimestamp, isPresent, parseTimestamp, timestampFormat } from './values.ts';

/** JSON of the wire to typed values. What is not of the shape's type stays as it is, so that validation names it. */
export function fromJson(model: ServiceModel, ref: ShapeRef, value: unknown): unknown {
  const shape = shapeOf(model, ref.shape);
  if (value === null || value === undefined) return undefined;
  if (shape.type === 'timestamp') return parseTimestamp(value);
  if (shape.type === 'blob') return typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'base64')) : value;
  if (typeof value !== 'object' || shape.document === true) return value;
  const { member, value: valueRef } = shape;
  if (shape.type === 'list' && member !== undefined && Array.isArray(value)) {
    return value.map((item) => fromJson(model, member, item));
  }
  const entries = Object.entries(value);
  if (shape.type === 'map' && valueRef !== undefined) {
    return Object.fromEntries(entries.map(([key, item]) => [key, fromJson(model, valueRef, item)]));
  }
  if (shape.type !== 'structure') return value;
  const given = new Map(entries);
  const typed = Object.entries(shape.members ?? {}).map(([name, child]) => [
    name,
    fromJson(model, child, given.get(child.locationName ?? name)),
  ]);
  return Object.fromEntries(typed.filter(([, item]) => item !== undefined));
}

/** Typed values to JSON of the wire. */
export function toJson(model: ServiceModel, ref: ShapeRef, value: unknown): unknown {
  const shape = shapeOf(model, ref.shape);
  if (value instanceof Date) return formatTimestamp(value, timestampFormat(ref, shape, 'unixTimestamp'));
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value !== 'object' || value === null || shape.document === true) return value;
  const { member, value: valueRef } = shape;
  if (Array.isArray(value)) return member === undefined ? value : value.map((item) => toJson(model, member, item));
  const present = Object.entries(value).filter(([, item]) => isPresent(item));
  if (valueRef !== undefined)
    return Object.fromEntries(present.map(([key, item]) => [key, toJson(model, valueRef, item)]));
  return Object.fromEntries(
    present.map(([name, item]) => {
      const child = shape.members?.[name];
      return child === undefined ? [name, item] : [child.locationName ?? name, toJson(model, child, item)];
    }),
  );
}
