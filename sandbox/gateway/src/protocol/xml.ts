import { XMLParser } from 'fast-xml-parser';
import { type ServiceModel, type ShapeRef, shapeOf } from '../model/service-model.ts';
import { isPresent, scalarFromText, scalarToText } from './values.ts';

// Entities are decoded here: the parser's own decoding is bounded per document, and templates hold thousands.
const parser = new XMLParser({
  ignoreAttributes: true,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  processEntities: false,
});

/** An XML document as nested records; an element's text is a string, repeated elements are a list. */
export function parseXml(text: string): Record<string, unknown> {
  return parser.parse(text);
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

export function decodeEntities(text: string): string {
  return text.replace(/&(#x[0-9a-f]+|#\d+|[a-z]+);/gi, (whole, name: string) => {
    if (name.startsWith('#x')) return String.fromCodePoint(Number.parseInt(name.slice(2), 16));
    if (name.startsWith('#')) return String.fromCodePoint(Number(name.slice(1)));
    return entities[name] ?? whole;
  });
}

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#xD;');
}

/** A parsed element to typed values. */
export function fromXml(model: ServiceModel, ref: ShapeRef, node: unknown): unknown {
  const shape = shapeOf(model, ref.shape);
  if (node === undefined) return undefined;
  if (shape.type === 'structure') {
    const typed = Object.entries(shape.members ?? {}).map(([name, member]) => {
      const target = shapeOf(model, member.shape);
      const flat = (target.flattened ?? member.flattened) === true && (target.type === 'list' || target.type === 'map');
      const inner = flat && target.type === 'list' ? target.member?.locationName : undefined;
      const key = member.locationName ?? inner ?? name;
      return [name, fromXml(model, flat ? { ...member, flattened: true } : member, childOf(node, key))];
    });
    return Object.fromEntries(typed.filter(([, value]) => value !== undefined));
  }
  if (shape.type === 'list' && shape.member !== undefined) {
    const { member } = shape;
    const flat = (shape.flattened ?? ref.flattened) === true;
    const items = flat ? node : childOf(node, member.locationName ?? 'member');
    return listOf(items).map((item) => fromXml(model, member, item));
  }
  if (shape.type === 'map' && shape.key !== undefined && shape.value !== undefined) {
    const flat = (shape.flattened ?? ref.flattened) === true;
    const { key, value } = shape;
    const entries = listOf(flat ? node : childOf(node, 'entry')).map((entry) => [
      String(fromXml(model, key, childOf(entry, key.locationName ?? 'key'))),
      fromXml(model, value, childOf(entry, value.locationName ?? 'value')),
    ]);
    return Object.fromEntries(entries);
  }
  return scalarFromText(shape, textOf(node));
}

function childOf(node: unknown, name: string): unknown {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return undefined;
  return (node as Record<string, unknown>)[name];
}

function listOf(node: unknown): readonly unknown[] {
  if (node === undefined) return [];
  return Array.isArray(node) ? node : [node];
}

function textOf(node: unknown): string {
  if (typeof node === 'string') return decodeEntities(node);
  const text = childOf(node, '#text');
  return typeof text === 'string' ? decodeEntities(text) : '';
}

/** The inside of an element: typed values as XML text. */
export function toXml(model: ServiceModel, ref: ShapeRef, value: unknown): string {
  const shape = shapeOf(model, ref.shape);
  if (shape.type === 'structure') {
    const given = value as Record<string, unknown>;
    return Object.entries(shape.members ?? {})
      .filter(([name, member]) => isPresent(given[name]) && member.location === undefined)
      .map(([name, member]) => element(model, member, member.locationName ?? name, given[name]))
      .join('');
  }
  if (shape.type === 'list' && shape.member !== undefined) {
    const { member } = shape;
    const name = member.locationName ?? 'member';
    return (value as readonly unknown[]).map((item) => element(model, member, name, item)).join('');
  }
  if (shape.type === 'map' && shape.key !== undefined && shape.value !== undefined) {
    return entriesToXml(model, ref, value, 'entry');
  }
  return escapeXml(scalarToText(ref, shape, value, 'iso8601'));
}

function element(model: ServiceModel, ref: ShapeRef, name: string, value: unknown): string {
  const shape = shapeOf(model, ref.shape);
  const flat = (shape.flattened ?? ref.flattened) === true;
  if (flat && shape.type === 'list' && shape.member !== undefined) {
    const { member } = shape;
    const inner = member.locationName ?? name;
    return (value as readonly unknown[]).map((item) => element(model, member, inner, item)).join('');
  }
  if (flat && shape.type === 'map') return entriesToXml(model, ref, value, name);
  return `<${name}>${toXml(model, ref, value)}</${name}>`;
}

function entriesToXml(model: ServiceModel, ref: ShapeRef, value: unknown, name: string): string {
  const { key, value: valueRef } = shapeOf(model, ref.shape);
  if (key === undefined || valueRef === undefined) return '';
  return Object.entries(value as Record<string, unknown>)
    .map(([entryKey, item]) => {
      const inner = element(model, key, key.locationName ?? 'key', entryKey);
      return `<${name}>${inner}${element(model, valueRef, valueRef.locationName ?? 'value', item)}</${name}>`;
    })
    .join('');
}
