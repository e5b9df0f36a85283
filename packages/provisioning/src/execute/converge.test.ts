import { beforeEach, describe, expect, it } from 'vitest';
import { awsException } from '../testing/fake-handler.ts';
import { steppingClock } from '../testing/stepping-clock.ts';
import type { ResourceProgress } from './context.ts';
import { type Convergence, converge, type Pass } from './converge.ts';
import type { UpdateReference } from './follow-update.ts';

let clock: ReturnType<typeof steppingClock>;
let told: ResourceProgress[];
beforeEach(() => {
  clock = steppingClock();
  told = [];
});

interface Script {
  /** What each look says; the last one stays. */
  readonly looks: readonly (Pass['kind'] | (() => Pass))[];
  /** How each request is answered; the last one stays. */
  readonly answers?: readonly (Error | UpdateReference | undefined)[];
  /** What DescribeUpdate says; the last one stays. */
  readonly updates?: readonly (Error | { status: string; errors?: object[] })[];
  readonly work?: Partial<Convergence>;
  readonly signal?: AbortSignal;
}

const next = <T>(list: readonly T[], index: number) => list[Math.min(index, list.length - 1)];

/** Runs a convergence that goes by a script; `sent` counts its requests. */
function play({ looks, answers = [undefined], updates = [], work = {}, signal }: Script) {
  const count = { looks: 0, sent: 0, described: 0 };
  const send = async () => {
    const answer = next(answers, count.sent++);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const read = async () => {
    const update = next(updates, count.described++);
    if (update instanceof Error) throw update;
    return { update: { type: 'VersionUpdate', ...update } };
  };
  const look = async (): Promise<Pass> => {
    const pass = next(looks, count.looks++);
    if (typeof pass === 'function') return pass();
    if (pass === 'act') return { kind: 'act', what: 'change it', send };
    return pass === 'wait' ? { kind: 'wait', status: 'UPDATING', for: 'its nodes' } : { kind: 'done' };
  };
  const result = converge(
    {
      reader: { region: 'eu-central-1', read } as never,
      writer: undefined as never,
      clock,
      signal: signal ?? new AbortController().signal,
      onProgress: (event) => void told.push(event),
      pollScale: 1,
      runId: 'run-1',
      cluster: 'shop',
    },
    { id: 'eks/x', what: 'thing x' },
    { usualSeconds: 30, look, ...work },
  );
  return { count, result };
}

const busy = () => awsException('ResourceInUseException', 'another update is in progress');
const unseen = () => awsException('InvalidParameterException', 'Role with arn: r, could not be assumed');
const followed: UpdateReference = { name: 'shop', updateId: 'u-1' };
const failedUpdate = {
  status: 'Failed',
  errors: [{ errorCode: 'InsufficientNumberOfReplicas', errorMessage: 'no replica is ready' }],
};

describe('a step', () => {
  it('that finds everything done sends nothing', async () => {
    const { count, result } = play({ looks: ['done'] });
    expect(await result).toMatchObject({ outcome: 'unchanged' });
    expect(count.sent).toBe(0);
  });

  it('sends one request and waits until a look says that it holds', async () => {
    const { count, result } = play({ looks: ['act', 'wait', 'wait', 'done'] });
    expect(await result).toMatchObject({ outcome: 'changed' });
    expect(count).toMatchObject({ sent: 1, looks: 4 });
    expect(told.map(({ status }) => status)).toEqual(['REQUESTED', 'UPDATING', 'UPDATING', 'DONE']);
  });

  it('waits for what runs already, and looks again before it sends anew', async () => {
    const { count, result } = play({ looks: ['act', 'wait', 'act', 'done'], answers: [busy(), undefined] });
    expect(await result).toMatchObject({ outcome: 'changed' });
    expect(count.sent).toBe(2);
    expect(told).toContainEqual(expect.objectContaining({ status: 'BUSY', reason: 'another update is in progress' }));
  });

  it('that finds its work done by what it waited for has changed nothing', async () => {
    expect(await play({ looks: ['act', 'done'], answers: [busy()] }).result).toMatchObject({ outcome: 'unchanged' });
  });

  it('gives up on a wait by a multiple of what is usual, and says what it waits for', async () => {
    const { result } = play({ looks: ['wait'], work: { usualSeconds: 100 } });
    await expect(result).rejects.toMatchObject({
      code: 'STEP_TIMED_OUT',
      message: expect.stringMatching(/^thing x: still waiting after 4\d\d s for its nodes$/),
    });
  });

  it('gives up on a thing that stays busy, with who keeps it', async () => {
    const { result } = play({ looks: ['act'], answers: [busy()] });
    await expect(result).rejects.toMatchObject({ message: expect.stringContaining('another update is in progress') });
  });

  it('stops when its change is undone again and again', async () => {
    const { count, result } = play({ looks: ['act'] });
    await expect(result).rejects.toMatchObject({ code: 'NOT_CONVERGING' });
    expect(count.sent).toBe(25);
  });

  it('ends between two looks when the run ends', async () => {
    const { count, result } = play({ looks: ['wait'], signal: AbortSignal.abort(new Error('ended')) });
    await expect(result).rejects.toThrow('ended');
    expect(count.looks).toBe(0);
  });

  it('names the thing when AWS refuses', async () => {
    const { result } = play({ looks: ['act'], answers: [awsException('AccessDeniedException', 'no')] });
    await expect(result).rejects.toMatchObject({
      code: 'AWS_ACCESS_DENIED',
      message: expect.stringContaining('thing x'),
    });
  });
});

describe('what AWS has not seen yet', () => {
  it('is asked for again, and says so', async () => {
    const { count, result } = play({ looks: ['act', 'act', 'act', 'done'], answers: [unseen(), unseen(), undefined] });
    expect(await result).toMatchObject({ outcome: 'changed' });
    expect(count.sent).toBe(3);
    expect(told).toContainEqual(expect.objectContaining({ status: 'NOT SEEN YET' }));
  });

  it('is believed to be wrong after a minute', async () => {
    const { result } = play({ looks: ['act'], answers: [unseen()] });
    await expect(result).rejects.toMatchObject({
      code: 'AWS_REFUSED',
      message: expect.stringContaining('could not be assumed'),
    });
    expect(clock.monotonic() / 1000).toBeGreaterThan(60);
    expect(clock.monotonic() / 1000).toBeLessThan(90);
  });

  it('is no failure for a thing that goes while its deletion is asked for', async () => {
    const gone = awsException('ResourceNotFoundException', 'No node group found');
    expect(await play({ looks: ['act', 'done'], answers: [gone] }).result).toMatchObject({ outcome: 'unchanged' });
  });

  it('may be the update itself, for a moment', async () => {
    const absent = awsException('ResourceNotFoundException', 'No update found for ID: u-1');
    const { count, result } = play({
      looks: ['act', 'done'],
      answers: [followed],
      updates: [absent, { status: 'InProgress' }, { status: 'Successful' }],
    });
    expect(await result).toMatchObject({ outcome: 'changed' });
    expect(count.described).toBe(3);
  });
});

describe('an update', () => {
  it('that fails is told with its reasons', async () => {
    const { result } = play({ looks: ['act', 'done'], answers: [followed], updates: [failedUpdate] });
    await expect(result).rejects.toMatchObject({
      code: 'EKS_UPDATE_FAILED',
      message: 'thing x: the update ended Failed: InsufficientNumberOfReplicas: no replica is ready',
    });
  });

  it('that keeps a pod names the disruption budget as the way out', async () => {
    const errors = [{ errorCode: 'PodEvictionFailure', errorMessage: 'Reached max retries' }];
    const { result } = play({ looks: ['act'], answers: [followed], updates: [{ status: 'Failed', errors }] });
    await expect(result).rejects.toMatchObject({ hint: expect.stringContaining('kubectl get pdb') });
  });

  const survivor = { outlivesFailedUpdate: true };

  it('that fails is forgiven to a thing that comes to hold all the same', async () => {
    const { result } = play({
      looks: ['act', 'wait', 'wait', 'done'],
      answers: [followed],
      updates: [failedUpdate],
      work: survivor,
    });
    expect(await result).toMatchObject({ outcome: 'changed' });
  });

  it.each<[string, Script['looks']]>([
    ['would be asked for again', ['act', 'wait', 'act']],
    ['does not come to hold in time', ['act', 'wait']],
    [
      'is told to have failed',
      [
        'act',
        () => {
          throw awsException('ServerException', 'the echo');
        },
      ],
    ],
  ])('that failed is told where the thing %s', async (_name, looks) => {
    const { count, result } = play({ looks, answers: [followed], updates: [failedUpdate], work: survivor });
    await expect(result).rejects.toMatchObject({ code: 'EKS_UPDATE_FAILED' });
    expect(count.sent).toBe(1);
  });
});
