import type { AwsError } from '@roadstead/sandbox-gateway';
import { type ErrorSubject, invalidParameter, notImplemented } from '../shared/errors.ts';
import { type Members, members } from '../shared/read.ts';
import type { CatalogueAddon } from './catalogue/catalogue-addon.ts';
import { schemaErrors } from './json-schema.ts';

/** The values of a `configurationValues` text, checked against the add-on's schema. */
export function readConfiguration(
  addon: Pick<CatalogueAddon, 'schema'>,
  source: string | undefined,
  subject: ErrorSubject,
): Members | AwsError {
  if (source === undefined || source.trim() === '') return {};
  if (!source.trimStart().startsWith('{')) {
    return notImplemented('configurationValues in YAML: write them as JSON');
  }
  let values: unknown;
  try {
    values = JSON.parse(source);
  } catch {
    return invalidParameter('ConfigurationValue provided in request is not valid JSON or YAML', subject);
  }
  const errors = schemaErrors(addon.schema, values);
  if (errors.length === 0) return members(values);
  return invalidParameter(
    `ConfigurationValue provided in request is not supported: Json schema validation failed with error: [${errors.join(', ')}]`,
    subject,
  );
}

/** The schema as DescribeAddonConfiguration gives it. */
export function schemaText(addon: CatalogueAddon): string {
  return JSON.stringify({
    $schema: 'http://json-schema.org/draft-06/schema#',
    $ref: '#/definitions/Values',
    definitions: { Values: addon.schema },
  });
}
