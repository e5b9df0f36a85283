/** What the page of codes says where the sources cannot: the world's own words follow the code, or a message is put together from parts. */
export interface CodeMeaning {
  /** What the code means, where no source has it in words. */
  readonly says?: string;
  /** What comes next, where no source has a hint. */
  readonly todo?: string;
}

const ofApiServer = 'The request is named, and the API server’s own words follow.';

export const codeMeanings: Readonly<Record<string, CodeMeaning>> = {
  AWS_ACCESS_DENIED: { todo: '`roadstead permissions` prints the policy that the caller needs' },
  AWS_REFUSED: { todo: 'mend what AWS names, then run `roadstead up` again' },
  BUG: { todo: 'It is ours to mend: report it with the lines that follow. The same command may be run again.' },
  EKS_UNHEALTHY: { says: 'The thing, its status, and what EKS says is wrong with it.' },
  EXPRESSION_FAILED: {
    says: 'The expression, and what it met in this cluster’s values.',
    todo: 'mend the expression, or guard it: has(…), ? :, orValue(…)',
  },
  EXPRESSION_SYNTAX: { says: 'An expression that is not CEL, with what the parser says.' },
  FILE_UNREADABLE: { todo: 'Name another file; the line says which kind is meant and where an example is.' },
  KUBECONFIG_INVALID: { says: 'A kubeconfig that is not one, with what is wrong in it.' },
  KUBE_ALREADY_EXISTS: {
    says: `An object of that name is there already. ${ofApiServer}`,
    todo: 'Run the same command again: it finds the object and goes on from there.',
  },
  KUBE_BAD_REQUEST: {
    says: `The API server does not understand the object. ${ofApiServer}`,
    todo: 'Mend the manifest at the field that is named.',
  },
  KUBE_CONFLICT: { says: `Somebody else has changed the object, or owns the field. ${ofApiServer}` },
  KUBE_EXPIRED: { says: `What was listed is too old to go on from. ${ofApiServer}` },
  KUBE_FORBIDDEN: { says: `This identity may not do that. ${ofApiServer}` },
  KUBE_INVALID: {
    says: `The object is not valid. ${ofApiServer}`,
    todo: 'Mend the manifest at the field that is named.',
  },
  KUBE_METHOD_NOT_ALLOWED: {
    says: `This kind does not take that request. ${ofApiServer}`,
    todo: 'Take the object out of the channel: its kind is not one that is applied.',
  },
  KUBE_NOT_FOUND: {
    says: `There is no such object, namespace or kind. ${ofApiServer}`,
    todo: '`roadstead plan` shows what is missing, `roadstead up` makes it.',
  },
  KUBE_REFUSED: { says: `The API server refuses it. ${ofApiServer}` },
  KUBE_SERVER_ERROR: {
    says: `The API server failed. ${ofApiServer}`,
    todo: 'It was tried again already. `roadstead status` says whether the control plane is ACTIVE; then run the same command again.',
  },
  KUBE_THROTTLED: {
    says: `The API server has too much to do. ${ofApiServer}`,
    todo: 'It was tried again already. Run the same command again later.',
  },
  KUBE_TOO_LARGE: { says: `The object is too large. ${ofApiServer}` },
  KUBE_UNAUTHORIZED: { says: `The token is not taken. ${ofApiServer}` },
  KUBE_UNREACHABLE: {
    todo: 'Is the endpoint open to this machine (spec.endpoint.allow), and is a VPN or a proxy (HTTPS_PROXY, NO_PROXY) in between?',
  },
  KUBE_UNSUPPORTED: {
    says: `The API server does not take that form of request. ${ofApiServer}`,
    todo: 'Is the address that of a Kubernetes API server, or is a proxy in between?',
  },
  LATE_COMPUTED: { todo: 'pass a late value on or put it inside text; compute with what is known before' },
  MISSING_KEY: { todo: 'write it; [the cluster file](cluster-file.md) says what it holds' },
  MIXED_ARCHITECTURES: { says: 'Two instance types of one pool, with their architectures.' },
  MOTO_START_FAILED: { todo: 'the lines that follow are its own; remove the environment that they name and try again' },
  NOT_YET_KNOWN: { todo: 'the line says why; `needs` or another stack’s Outputs bring it' },
  OUT_OF_RANGE: { says: 'A number, and the range in which it must be.', todo: 'a number in that range' },
  STACK_FAILED: { todo: 'what was made is rolled back; mend what CloudFormation names, then run `roadstead up` again' },
  STACK_NOT_USABLE: { says: 'A stack is in a state that no update leads out of; it is named.' },
  STOPPED: { todo: 'Run the same command again to go on.' },
  UNEXPECTED: {
    says: 'A step failed in a way that nobody foresaw; the error’s own words follow.',
    todo: 'Run the same command again; if it comes back, it is ours to mend: report it.',
  },
  UNFINISHED_EXPRESSION: {
    says: 'An expression begins here and does not end.',
    todo: 'close it with }}, or write $${{ for the text ${{',
  },
  UNKNOWN_CONFIG: { todo: 'the items are in the channel’s config.schema.yaml' },
  UNKNOWN_FILE: { todo: 'the names that are read are in the [admin guide](../admin-guide.md#writing-a-channel)' },
  UNKNOWN_KEY: { todo: 'the nearest key is named; [the cluster file](cluster-file.md) has them all' },
  UNKNOWN_NEED: { todo: 'name a component of the channel, or leave it out' },
  UNKNOWN_RESOURCE: { todo: 'name a resource or parameter of this template' },
  WRONG_CONDITION: { todo: 'compare: cluster.environment == "production"' },
  WRONG_CONFIG: { says: 'A config item does not fit the channel’s config.schema.yaml; the rule is named.' },
  WRONG_INPUT: { says: 'What was given cannot be meant; the line says why.' },
  WRONG_INPUTS: {
    says: 'A member of the file of inputs is missing or of another type; it is named.',
  },
  WRONG_LIST: { todo: 'a list, as cluster.nodePools' },
  WRONG_SUFFIX: { todo: 'an expression that gives text, as zone.suffix' },
  WRONG_TYPE: { todo: 'the type is named; [the cluster file](cluster-file.md) has it for every field' },
  WRONG_USAGE: {
    says: 'The command line has a command, an option or an argument that the program does not have, or lacks one.',
    todo: 'the nearest name, and `--help` of the command that was meant',
  },
  YAML_SYNTAX: { says: 'The file is not YAML, with what the parser says.' },
};
