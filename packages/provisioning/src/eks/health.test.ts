import { AddonIssueCode, ClusterIssueCode, NodegroupIssueCode } from '@aws-sdk/client-eks';
import { describe, expect, it } from 'vitest';
import { advice, describeIssues, unhealthy } from './health.ts';

const known = [
  ...Object.values(NodegroupIssueCode),
  ...Object.values(AddonIssueCode),
  ...Object.values(ClusterIssueCode),
];
/** What says only that something is wrong: there is no more to advise than EKS's own message. */
const mute = ['InternalFailure', 'Other', 'Unknown'];

describe('health issues', () => {
  it('are advised on wherever EKS gives a code that says something, and on no other code', () => {
    expect([...new Set(known)].filter((code) => !mute.includes(code) && advice[code] === undefined)).toEqual([]);
    expect(Object.keys(advice).filter((code) => !known.some((each) => each === code))).toEqual([]);
  });

  it('are told in one line with what they are about', () => {
    const issues = [
      { code: 'NodeCreationFailure', message: 'Instances failed to join', resources: ['i-1', 'i-2'] },
      { code: 'AccessDenied', message: 'not let in', resources: [] },
    ];
    expect(describeIssues(issues)).toBe(
      'NodeCreationFailure: Instances failed to join (i-1, i-2); AccessDenied: not let in',
    );
  });

  it('are an error that says what to do about each, once', () => {
    const issue = { code: 'InsufficientFreeAddresses', message: 'none left', resources: [] };
    expect(unhealthy('node group a', 'CREATE_FAILED', [issue, issue])).toMatchObject({
      code: 'EKS_UNHEALTHY',
      hint: advice.InsufficientFreeAddresses,
    });
    expect(unhealthy('cluster shop', 'FAILED', [])).toMatchObject({
      message: 'cluster shop is FAILED: EKS gives no reason',
      hint: 'mend what EKS names, then run `roadstead up` again',
    });
  });
});
