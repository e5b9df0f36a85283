import { type Document, LineCounter, parseAllDocuments } from 'yaml';
import { checkCluster } from './check-cluster.ts';
import type { Cluster } from './cluster.ts';
import { clusterFileSchema } from './cluster-schema.ts';
import { normaliseCluster } from './normalise-cluster.ts';
import { parseBySchema } from './parse-by-schema.ts';
import { type PositionIndex, positionIndex } from './positions.ts';
import { hasErrors, type Problem, problemAt, sortProblems } from './problem.ts';

/** A cluster file that was read. `cluster` is there when no problem is an error. */
export interface ParsedCluster {
  readonly file: string;
  readonly cluster?: Cluster;
  readonly problems: readonly Problem[];
  /** Where the parts of the file stand, for rules that need more than the file. */
  readonly positions: PositionIndex;
}

/** Reads and checks a cluster file as far as that needs no AWS. Never throws on what a person wrote. */
export function parseClusterFile(text: string, file: string): ParsedCluster {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, version: '1.2' });
  const document = 'empty' in documents ? undefined : documents[0];
  if (document === undefined || document.contents === null) return failed(file, { line: 1, column: 1 }, emptyFault);
  const positions = positionIndex(document, lines);
  const syntax = syntaxProblems(file, documents as Document[], lines);
  if (syntax.length > 0) return { file, problems: syntax, positions };
  return checkDocument(file, document as Document, lines);
}

const emptyFault = {
  code: 'EMPTY_FILE',
  message: 'the file holds no cluster',
  hint: 'start with apiVersion: roadstead.dev/v1 and kind: Cluster; roadstead schema prints the rest',
};

function failed(file: string, at: { line: number; column: number }, fault: typeof emptyFault): ParsedCluster {
  const positions: PositionIndex = { value: () => at, key: () => at, source: () => undefined };
  return { file, problems: [problemAt(file, at, fault)], positions };
}

function syntaxProblems(file: string, documents: readonly Document[], lines: LineCounter): Problem[] {
  const problems = documents.flatMap(({ errors }) =>
    errors.map((error) => {
      const { line, col } = lines.linePos(error.pos[0]);
      const code = error.code === 'DUPLICATE_KEY' ? 'DUPLICATE_KEY' : 'YAML_SYNTAX';
      return problemAt(file, { line, column: col }, { code, message: error.message, hint: yamlHints[error.code] });
    }),
  );
  const second = documents[1];
  if (problems.length > 0 || second === undefined) return problems;
  const { line, col } = lines.linePos(second.range?.[0] ?? 0);
  const fault = {
    code: 'SEVERAL_DOCUMENTS',
    message: 'the file holds more than one document',
    hint: 'one cluster in each file',
  };
  return [problemAt(file, { line, column: col }, fault)];
}

const yamlHints: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  DUPLICATE_KEY: 'a key stands once in a map',
  BAD_INDENT: 'align the keys of a map',
};

function checkDocument(file: string, document: Document, lines: LineCounter): ParsedCluster {
  const read = parseBySchema(clusterFileSchema, { file, document, lines });
  const { positions } = read;
  if ('problems' in read) return { file, problems: read.problems, positions };
  const cluster = normaliseCluster(read.value);
  const problems = sortProblems(checkCluster({ file, parsed: read.value, cluster, positions }));
  return { file, problems, positions, ...(hasErrors(problems) ? {} : { cluster }) };
}
