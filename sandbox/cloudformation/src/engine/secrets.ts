import type { StackModel } from './stack.ts';

/** JSON text in which the values of NoEcho parameters are `****`, wherever they stand. */
export function hideSecrets(model: StackModel | undefined, json: string): string {
  if (model === undefined) return json;
  const secrets = Object.entries(model.parameters)
    .filter(([name, { value }]) => model.template.parameters[name]?.noEcho === true && value !== '')
    .map(([, { value }]) => JSON.stringify(value).slice(1, -1));
  return secrets.reduce((text, secret) => text.replaceAll(secret, '****'), json);
}
