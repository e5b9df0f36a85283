import { expect, it } from 'vitest';
import { errorUsesOf } from './error-codes.ts';

it.each([
  [
    'an exception',
    "throw new RoadsteadError(`cannot read ${name({ a: '}' })}`, { code: 'FILE_GONE', value, hint: 'Name another.' });",
    [{ code: 'FILE_GONE', message: 'cannot read …', hint: 'Name another.' }],
  ],
  [
    'a value with a place',
    "const fault = { code: 'WRONG_NAME', message: 'not so', hint: \"it's a name\" };",
    [{ code: 'WRONG_NAME', message: 'not so', hint: "it's a name" }],
  ],
  [
    'two codes and two hints of one object',
    "f('what happened', { code: kind === 'conflict' ? 'ONE_CODE' : 'OTHER_CODE', hint: kind === 'conflict' ? 'leave it' : 'mend it' })",
    [
      { code: 'ONE_CODE', message: 'what happened', hint: 'leave it / mend it' },
      { code: 'OTHER_CODE', message: 'what happened', hint: 'leave it / mend it' },
    ],
  ],
  [
    'a reporting call',
    "return report('WRONG_LIST', `${x} is no list`, 'write [a]');",
    [{ code: 'WRONG_LIST', message: '… is no list', hint: 'write [a]' }],
  ],
  [
    'an object whose texts have names',
    "const hint = other ? 'as a' : 'as b';\nconst message = `no ${x}`;\nreturn at(path, { code: 'MISSING_X', message, hint });",
    [{ code: 'MISSING_X', message: 'no …', hint: 'as a / as b' }],
  ],
  [
    'an exception whose message has a name',
    "const said = 'gone'; if (said === 'kept') throw new RoadsteadError(said, { code: 'ALL_GONE' });",
    [{ code: 'ALL_GONE', message: 'gone', hint: '' }],
  ],
  [
    'a text that is an argument: it is said elsewhere',
    "function f(message: string) { return { code: 'FROM_ELSEWHERE', message }; }",
    [{ code: 'FROM_ELSEWHERE', message: '', hint: '' }],
  ],
  ['a status of progress', "report(context, work, 'DONE', elapsed());", []],
  ['a comment and a regular expression', "// code: 'NOT_ME'\nconst r = /code: 'NOT_ME'/; /* { code: 'NOT_ME' } */", []],
  ['a status that is no code of ours', "if (status === 'CREATE_COMPLETE') return { code: number };", []],
])('finds the codes in %s', (_what, source, expected) => {
  const found = errorUsesOf(source);
  expect(found).toEqual(expected);
});
