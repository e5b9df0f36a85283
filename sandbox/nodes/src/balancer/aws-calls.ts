import { AwsError } from '@roadstead/sandbox-gateway';

/** AWS in one account and region. Rejects with `AwsError`. */
export type AwsCall = (
  service: string,
  operation: string,
  input: Record<string, unknown>,
) => Promise<Record<string, unknown>>;

export function awsTags(
  tags: Readonly<Record<string, string>>,
): readonly { readonly Key: string; readonly Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** What is not there is `undefined`. */
export async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AwsError && /NotFound|InvalidPermission/.test(error.code)) return undefined;
    throw error;
  }
}
