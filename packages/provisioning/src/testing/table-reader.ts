import type { AwsReader } from '../calls/aws-port.ts';
import type { Input } from './fake-handler.ts';

/** Answers by `service:operation`: data, or what makes them of the request. What is not there is answered by nothing at all. */
export type AnswerTable = Record<string, object | ((input: Input) => object)>;

/** A reader that knows what the table says. `asked` keeps what was asked for, in order. */
export function tableReader(answers: AnswerTable, asked: string[] = []): AwsReader {
  return {
    region: 'eu-central-1',
    read: async (service: string, operation: string, input: Input) => {
      asked.push(`${service}:${operation}`);
      const answer = answers[`${service}:${operation}`] ?? {};
      return typeof answer === 'function' ? answer(input) : answer;
    },
  } as unknown as AwsReader;
}
