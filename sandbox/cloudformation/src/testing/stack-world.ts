import { FakeClock } from '@roadstead/foundation';
import type { Backend, Place } from '@roadstead/sandbox-gateway';
import { type CloudFormationService, createCloudFormationService } from '../service.ts';
import { isJsonObject, type JsonObject } from '../template/parse.ts';
import { at, objectsAt, textAt } from '../types/values.ts';
import { MemoryAws } from './memory-aws.ts';

const home: Place = { account: '123456789012', region: 'eu-central-1' };

/** A CloudFormation on a turned clock at AWS's own pace, with what tests ask of it. */
export class StackWorld<B extends Backend = MemoryAws> {
  readonly aws: B;
  readonly clock = new FakeClock();
  readonly service: CloudFormationService;
  #requests = 0;
  #ids = 0;

  constructor(aws: B) {
    this.aws = aws;
    this.service = createCloudFormationService(
      {
        backend: aws,
        clock: this.clock,
        pace: { factor: 1, floorMs: 100 },
        directory: '/nowhere',
        signal: new AbortController().signal,
        log: () => undefined,
      },
      { newId: () => `00000000-0000-4000-8000-${String(++this.#ids).padStart(12, '0')}` },
    );
  }

  /** One request, answered. */
  call(operation: string, input: JsonObject, place: Place = home): Promise<Record<string, unknown>> {
    const caller = {
      account: place.account,
      arn: `arn:aws:iam::${place.account}:root`,
      userId: place.account,
      accessKeyId: 'A',
    };
    const id = `request-${++this.#requests}`;
    return this.service.handle({ id, service: 'cloudformation', operation, ...place, caller, input: { ...input } });
  }

  /** Turns the clock until the stack does nothing more; at most four hours. Resolves to its status. */
  async settle(stack: string): Promise<string> {
    for (let waited = 0; waited < 4 * 3600; waited += 10) {
      await this.clock.advance(10_000);
      const status = await this.status(stack);
      if (!status.endsWith('_IN_PROGRESS') || status === 'REVIEW_IN_PROGRESS') return status;
    }
    throw new Error(`${stack} did not come to rest: ${await this.status(stack)}`);
  }

  async status(stack: string): Promise<string> {
    return textAt(await this.stack(stack), 'StackStatus');
  }

  async stack(stack: string): Promise<JsonObject> {
    const found = at(await this.call('DescribeStacks', { StackName: stack }), 'Stacks', 0);
    return isJsonObject(found) ? found : {};
  }

  /** Every event oldest first, as `logical status` with the reason after a colon. */
  async events(stack: string, filter: RegExp = /./): Promise<string[]> {
    const answer = await this.call('DescribeStackEvents', { StackName: stack });
    return objectsAt(answer, 'StackEvents')
      .toReversed()
      .map((event) => {
        const reason = event['ResourceStatusReason'];
        return `${textAt(event, 'LogicalResourceId')} ${textAt(event, 'ResourceStatus')}${reason === undefined ? '' : `: ${String(reason)}`}`;
      })
      .filter((line) => filter.test(line));
  }

  async create(stack: string, template: string, more: JsonObject = {}): Promise<string> {
    await this.call('CreateStack', { StackName: stack, TemplateBody: template, ...more });
    return this.settle(stack);
  }

  async update(stack: string, template: string, more: JsonObject = {}): Promise<string> {
    await this.call('UpdateStack', { StackName: stack, TemplateBody: template, ...more });
    return this.settle(stack);
  }

  /** Deletes a stack. Resolves to the status it ends in, asked for by its id. */
  async remove(stack: string, more: JsonObject = {}): Promise<string> {
    const id = textAt(await this.stack(stack), 'StackId');
    await this.call('DeleteStack', { StackName: stack, ...more });
    return this.settle(id);
  }
}

/** A world in memory. */
export function memoryWorld(): StackWorld<MemoryAws> {
  return new StackWorld(new MemoryAws());
}
