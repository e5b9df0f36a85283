import { describe, expect, it } from 'vitest';
import { awsContract } from './aws-contract.ts';
import { fakeAws } from './fake-aws.ts';
import { steppingClock } from './stepping-clock.ts';

describe('the AWS in memory keeps what the engines rely on', () => {
  const clock = steppingClock();
  const { reader, writer } = fakeAws(clock);
  const wait = () => clock.sleep(120_000);

  it.each(awsContract.map((statement) => [statement.says, statement] as const))('%s', async (_says, statement) => {
    expect(await statement.observe({ reader, writer, wait })).toEqual(statement.expected);
  });
});
