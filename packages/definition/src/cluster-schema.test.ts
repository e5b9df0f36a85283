import { describe, expect, it } from 'vitest';
import { clusterJsonSchema } from './index.ts';

interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly additionalProperties?: unknown;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
}

const schema = clusterJsonSchema() as unknown as SchemaNode & { readonly $schema: string };
const objects = (node: SchemaNode): SchemaNode[] => [
  ...(node.properties === undefined ? [] : [node]),
  ...Object.values(node.properties ?? {}).flatMap(objects),
  ...(node.items === undefined ? [] : objects(node.items)),
];

describe('the published schema', () => {
  it('is draft 7, which editors read', () => {
    expect(schema.$schema).toContain('draft-07');
  });

  it('flags every unknown key', () => {
    expect(objects(schema).length).toBeGreaterThan(10);
    for (const node of objects(schema)) expect(node.additionalProperties).toBe(false);
  });

  it('asks only for what has no default', () => {
    expect(schema.properties?.['spec']?.required).toEqual(['account', 'region', 'nodePools']);
    expect(schema.properties?.['spec']?.properties?.['nodePools']?.items?.required).toEqual(['name', 'instanceTypes']);
  });

  it('tells defaults and what a member means', () => {
    const spec = schema.properties?.['spec']?.properties;
    expect(spec?.['kubernetes']).toMatchObject({
      default: '1.36',
      description: expect.stringContaining('Minor version'),
    });
    expect(spec?.['network']?.properties?.['cidr']).toMatchObject({ default: '10.0.0.0/16' });
  });
});
