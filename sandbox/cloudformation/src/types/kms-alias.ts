import type { JsonObject } from '../template/parse.ts';
import type { ResourceContext, ResourceHandler } from './handler.ts';
import { allPages, pick, unlessMissing } from './values.ts';

/** `AWS::KMS::Alias`. Ref is the alias with its `alias/`. */
export const kmsAliasHandler: ResourceHandler = {
  type: 'AWS::KMS::Alias',
  properties: ['AliasName', 'TargetKeyId'],
  attributes: [],
  nameProperty: 'AliasName',
  usualSeconds: { create: 60, update: 60, delete: 60 },
  async create(context, desired, made) {
    await context.call('kms', 'CreateAlias', pick(desired, ['AliasName', 'TargetKeyId']));
    made(String(desired['AliasName']));
  },
  async read(context, name, desired) {
    const alias = await findAlias(context, name);
    if (alias === undefined) return undefined;
    const target = String(desired['TargetKeyId']);
    // The template may name the key by id or by ARN; AWS answers the id.
    const isSame = target === alias['TargetKeyId'] || target.endsWith(`:key/${String(alias['TargetKeyId'])}`);
    return { properties: { AliasName: name, TargetKeyId: isSame ? target : alias['TargetKeyId'] }, attributes: {} };
  },
  async update(context, name, _before, after) {
    await context.call('kms', 'UpdateAlias', { AliasName: name, TargetKeyId: after['TargetKeyId'] });
  },
  async delete(context, name) {
    if ((await findAlias(context, name)) === undefined) return;
    await unlessMissing(context.call('kms', 'DeleteAlias', { AliasName: name }));
  },
};

async function findAlias(context: ResourceContext, name: string): Promise<JsonObject | undefined> {
  const aliases = await allPages(context, { service: 'kms', operation: 'ListAliases', input: {}, items: 'Aliases' });
  return aliases.find((alias) => alias['AliasName'] === name);
}
