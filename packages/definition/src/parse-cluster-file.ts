import type { Document, LineCounter } from 'yaml';
import { checkCluster } from './check-cluster.ts';
import { checkNumbers } from './check-numbers.ts';
import type { Cluster } from './cluster.ts';
import { clusterFileSchema } from './cluster-schema.ts';
import { normaliseCluster } from './normalise-cluster.ts';
import { parseBySchema } from './parse-by-schema.ts';
import type { PositionIndex } from './positions.ts';
import { type Fault, hasErrors, type Problem, problemAt, sortProblems } from './problem.ts';
import { readYaml } from './read-yaml.ts';

/** A cluster file that was read. `cluster` is there when no problem is an error. */
export interface ParsedCluster {
  readonly file: string;
  readonly cluster?: Cluster;
  readonly problems: readonly Problem[];
  /** Where the parts of the file stand, for rules that need more than the file. */
  readonly positions: PositionIndex;
}

/** A cluster of a thousand pools has a tenth of this. */
const limits = { characters: 1_000_000, depth: 64, nodes: 100_000 } as const;
/** Merge keys (`<<`) let pools share what they have in common; tags other than YAML's own scalars mean nothing here. */
const dialect = { version: '1.2', merge: true, resolveKnownTags: false } as const;

/** Reads and checks a cluster file as far as that needs no AWS. Never throws on what a person wrote. */
export function parseClusterFile(text: string, file: string): ParsedCluster {
  const { documents, lines, problems } = readYaml(file, text, { yaml: dialect, limits });
  const [document, second] = documents;
  if (problems.length > 0) return refused(file, problems);
  if (document === undefined) return refused(file, [problemAt(file, { line: 1, column: 1 }, emptyFault)]);
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const tags = document.warnings.map(({ code, message, pos }) =>
    problemAt(file, place(pos[0]), tagFault(code, message)),
  );
  const several = second === undefined ? [] : [problemAt(file, place(second.range[0]), severalDocumentsFault)];
  if (tags.length > 0 || several.length > 0) return refused(file, [...tags, ...several]);
  return checkDocument(file, document, lines);
}

const emptyFault = {
  code: 'EMPTY_FILE',
  message: 'the file holds no cluster',
  hint: 'start with apiVersion: roadstead.dev/v1 and kind: Cluster; roadstead schema prints the rest',
};

const severalDocumentsFault = {
  code: 'SEVERAL_DOCUMENTS',
  message: 'the file holds more than one document',
  hint: 'one cluster in each file',
};

function tagFault(code: string, message: string): Fault {
  if (code === 'BAD_DIRECTIVE') return { code: 'YAML_SYNTAX', message, hint: 'remove the line' };
  return { code: 'UNKNOWN_TAG', message: message.replace('tag:yaml.org,2002:', '!!'), hint: 'remove the tag' };
}

function refused(file: string, problems: readonly Problem[]): ParsedCluster {
  const nowhere = () => ({ line: 1, column: 1 });
  const positions: PositionIndex = { value: nowhere, key: nowhere, source: () => undefined };
  return { file, problems, positions };
}

function checkDocument(file: string, document: Document, lines: LineCounter): ParsedCluster {
  const read = parseBySchema(clusterFileSchema, { file, document, lines });
  const { positions } = read;
  if ('problems' in read) return { file, problems: read.problems, positions };
  const cluster = normaliseCluster(read.value);
  const problems = sortProblems([
    ...checkNumbers({ file, document, lines }),
    ...checkCluster({ file, parsed: read.value, cluster, positions }),
  ]);
  return { file, problems, positions, ...(hasErrors(problems) ? {} : { cluster }) };
}
