import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { resourceHandlers } from '../types/registry.ts';
import { carriedTypes } from './carried-types.ts';
import { generateSpecText } from './generate-spec.ts';
import { resourceSpec } from './resource-spec.ts';

describe('the table of resource types', () => {
  it('is what the published specification gives today', () => {
    const checkedIn = readFileSync(new URL('../generated/resource-spec.json', import.meta.url), 'utf8');
    expect(generateSpecText()).toBe(checkedIn);
  });

  it('has one handler for each carried type', () => {
    expect(resourceHandlers.map(({ type }) => type).sort()).toEqual([...carriedTypes].sort());
  });

  it.each(resourceHandlers.map((handler) => [handler.type, handler] as const))(
    'knows every property and attribute that the handler of %s carries, and has none that it must carry',
    (type, handler) => {
      const spec = resourceSpec(type);
      const required = Object.entries(spec?.properties ?? {}).filter(([, property]) => property.required === true);
      expect(Object.keys(spec?.properties ?? {})).toEqual(expect.arrayContaining([...handler.properties]));
      expect(spec?.attributes).toEqual(expect.arrayContaining([...handler.attributes]));
      expect(handler.properties).toEqual(expect.arrayContaining(required.map(([name]) => name)));
    },
  );
});
