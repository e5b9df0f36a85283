import { validationError } from '../template/errors.ts';
import type { GivenParameter } from '../template/parameters.ts';
import { isJsonObject } from '../template/parse.ts';
import type { Tag } from '../types/handler.ts';

export type Input = Readonly<Record<string, unknown>>;

/** A text member, or `undefined`. The gateway has checked types against the service model. */
export function optionalText(input: Input, name: string): string | undefined {
  const value = input[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A text member that must be there. */
export function requiredText(input: Input, name: string): string {
  const value = optionalText(input, name);
  if (value !== undefined) return value;
  const member = name.charAt(0).toLowerCase() + name.slice(1);
  throw validationError(
    `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`,
  );
}

/** A list of texts; empty when the member is missing. */
export function texts(input: Input, name: string): string[] {
  const value = input[name];
  return Array.isArray(value) ? value.map(String) : [];
}

/** The parameters of a request. */
export function givenParameters(input: Input): GivenParameter[] {
  const value = input['Parameters'];
  return (Array.isArray(value) ? value.filter(isJsonObject) : []).map((each) => ({
    ...(typeof each['ParameterKey'] === 'string' ? { ParameterKey: each['ParameterKey'] } : {}),
    ...(each['ParameterValue'] === undefined ? {} : { ParameterValue: String(each['ParameterValue']) }),
    ...(each['UsePreviousValue'] === true ? { UsePreviousValue: true } : {}),
  }));
}

/** The tags of a request; `undefined` when it says nothing about them. */
export function givenTags(input: Input): Tag[] | undefined {
  const value = input['Tags'];
  if (!Array.isArray(value)) return undefined;
  return value
    .filter(isJsonObject)
    .map((tag) => ({ Key: String(tag['Key'] ?? ''), Value: String(tag['Value'] ?? '') }));
}

/** One page of a list that a token made of an index goes through. */
export function pageOf<T>(
  items: readonly T[],
  token: string | undefined,
  size: number,
): { page: T[]; next: { NextToken?: string } } {
  const from = token === undefined ? 0 : Number(token);
  if (!Number.isInteger(from) || from < 0 || from > items.length) throw validationError('NextToken is invalid');
  const until = from + size;
  return { page: items.slice(from, until), next: until < items.length ? { NextToken: String(until) } : {} };
}
