import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openUserData } from './user-data.ts';

const plain = 'apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\n';
const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');

function multipart(
  parts: readonly { readonly type?: string; readonly body: string; readonly headers?: string }[],
  end = '--B--\n',
): string {
  const text = parts.map(
    ({ type, body, headers = '' }) =>
      `--B\n${type === undefined ? '' : `Content-Type: ${type}\n`}${headers}\n${body}\n`,
  );
  return `MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="B"\n\n${text.join('')}${end}`;
}

const nodeConfig = 'application/node.eks.aws';

test.each([
  ['one plain document', base64(plain), [plain]],
  ['base64 inside base64', base64(base64(plain)), [plain]],
  ['gzip', base64(gzipSync(plain)), [plain]],
  ['a part of the right type', base64(multipart([{ type: nodeConfig, body: 'one' }])), ['one']],
  [
    'a type with parameters and other case',
    base64(multipart([{ type: 'Application/Node.EKS.aws; charset="utf-8"', body: 'one' }])),
    ['one'],
  ],
  [
    'two parts in their order, a shell script between them',
    base64(
      multipart([
        { type: nodeConfig, body: 'one' },
        { type: 'text/x-shellscript', body: '#!/bin/sh' },
        { type: nodeConfig, body: 'two' },
      ]),
    ),
    ['one', 'two'],
  ],
  ['lines that end in CR LF', base64(multipart([{ type: nodeConfig, body: 'one' }]).replaceAll('\n', '\r\n')), ['one']],
  [
    'a part in base64',
    base64(multipart([{ type: nodeConfig, headers: 'Content-Transfer-Encoding: base64\n', body: base64('one: 1\n') }])),
    ['one: 1\n'],
  ],
])('%s is opened', (_, encoded, documents) => {
  expect(openUserData(encoded)).toEqual({ kind: 'documents', documents });
});

test.each([
  ['nothing', undefined, 'could not find NodeConfig'],
  ['an empty text', '', 'could not find NodeConfig'],
  [
    'only a shell script',
    base64(multipart([{ type: 'text/x-shellscript', body: '#!/bin/sh' }])),
    'could not find NodeConfig',
  ],
  ['a part without a type', base64(multipart([{ body: plain }])), 'could not find NodeConfig'],
  ['no closing boundary', base64(multipart([{ type: nodeConfig, body: plain }], '')), 'NextPart: EOF'],
  ['no boundary at all', base64('Content-Type: multipart/mixed\n\n--B\n'), 'no boundary'],
  ['broken gzip', base64(Buffer.from([0x1f, 0x8b, 1, 2, 3])), 'gzip'],
])('%s is refused', (_, encoded, reason) => {
  const opened = openUserData(encoded);
  expect(opened.kind === 'refused' ? opened.reason : opened).toContain(reason);
});
