import { isAwsError } from '../shared/errors.ts';

/** Waits for a deletion; what is not there is deleted already. */
export async function unlessGone(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(isAwsError(error) && /NotFound|NoSuchEntity/.test(error.code))) throw error;
  }
}
