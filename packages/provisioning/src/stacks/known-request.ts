import { awsErrorCode } from '../calls/aws-failure.ts';

/** Sends; a request that CloudFormation knows by its token was taken before, and is followed like one that is taken now. */
export async function takenOnce(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (awsErrorCode(error) !== 'TokenAlreadyExistsException') throw error;
  }
}
