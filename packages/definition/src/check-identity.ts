import type { RuleInput } from './check-cluster.ts';
import { nearMatch } from './near-match.ts';
import type { Path } from './positions.ts';

/** Regions of the AWS partitions at the time of writing. A region that is not here is a warning, never an error. */
const knownRegions = (
  'af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ' +
  'ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 ' +
  'cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 ' +
  'il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-west-1 us-west-2'
).split(' ');

const nameGrammar = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;
const hostLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Lower-case words with hyphens: what AWS, Kubernetes and host names all take. */
export function isName(text: string, longest: number): boolean {
  return nameGrammar.test(text) && text.length <= longest;
}

/** Name, owner, account, region, version, channel, DNS zone and logs. */
export function checkIdentity({ parsed: { metadata, spec }, report }: RuleInput): void {
  if (!isName(metadata.name, 40)) {
    report(['metadata', 'name'], {
      code: 'WRONG_NAME',
      message: `the name ${JSON.stringify(metadata.name)} cannot be used`,
      hint: 'lower-case letters, digits and hyphens, a letter first, at most 40',
      value: metadata.name,
    });
  }
  // `roadstead-<cluster>-pool-<pool>` must not be the stack of another cluster: the network of `a-pool` and a pool `network` of `a`.
  if (/-pool(-|$)/.test(metadata.name)) {
    report(['metadata', 'name'], {
      code: 'WRONG_NAME',
      message: `the name ${JSON.stringify(metadata.name)} reads like a pool of another cluster`,
      hint: 'another word than pool between hyphens',
      value: metadata.name,
    });
  }
  if (metadata.owner !== undefined && !ownerGrammar.test(metadata.owner)) {
    report(['metadata', 'owner'], {
      code: 'WRONG_OWNER',
      message: `the owner ${JSON.stringify(metadata.owner)} cannot stand in a tag`,
      hint: 'letters, digits, spaces inside and _ . : / = + - @, at most 256, as team/eagleeye',
      value: metadata.owner,
    });
  }
  if (!/^aws:\d{12}$/.test(spec.account)) {
    report(['spec', 'account'], {
      code: 'WRONG_ACCOUNT',
      message: `${JSON.stringify(spec.account)} is not an account`,
      hint: accountHint(spec.account),
      value: spec.account,
    });
  }
  checkRegion(spec.region, report);
  if (!/^1\.\d{2}$/.test(spec.kubernetes)) {
    const minor = /^v?(1\.\d{2})\.\d+$|^v(1\.\d{2})$/.exec(spec.kubernetes);
    report(['spec', 'kubernetes'], {
      code: 'WRONG_VERSION',
      message: `${JSON.stringify(spec.kubernetes)} is not a minor version`,
      hint: `as "${minor?.[1] ?? minor?.[2] ?? '1.36'}"; EKS chooses the patch`,
      value: spec.kubernetes,
    });
  }
  if (!/^[A-Za-z0-9][\w./-]*$/.test(spec.channel)) {
    report(['spec', 'channel'], {
      code: 'WRONG_CHANNEL',
      message: `${JSON.stringify(spec.channel)} is not a channel`,
      hint: 'the name of a branch, as stable; a folder is given with --channel DIR',
      value: spec.channel,
    });
  }
  if (spec.dns !== undefined) checkZone(spec.dns.zone, report);
  for (const [index, type] of spec.logs.entries()) {
    if (spec.logs.indexOf(type) === index) continue;
    const fault = { code: 'DUPLICATE_LOG', message: `${type} is named twice`, hint: 'each type once', value: type };
    report(['spec', 'logs', index], fault);
  }
}

/** The console shows accounts as 1234-5678-9012. */
function accountHint(text: string): string {
  const digits = text.replace(/^aws:/i, '').replaceAll(/[\s_-]/g, '');
  return /^\d{12}$/.test(digits) ? `account: aws:${digits}` : 'aws: and twelve digits, as aws:123456789012';
}

/** Tags carry the owner: what a tag's value may hold (EC2 user guide, "Tag restrictions"). */
const ownerGrammar = /^[\p{L}\p{N}_.:/=+@-]([\p{L}\p{N} _.:/=+@-]{0,254}[\p{L}\p{N}_.:/=+@-])?$/u;

function checkRegion(region: string, report: RuleInput['report']): void {
  const path = ['spec', 'region'];
  if (knownRegions.includes(region)) return;
  const zone = /^(.*-\d)[a-z]$/.exec(region)?.[1];
  const near = nearMatch(region, knownRegions);
  const hint =
    zone !== undefined
      ? `region: ${zone}; zones go into spec.network.zones`
      : near === undefined
        ? undefined
        : `did you mean ${JSON.stringify(near)}?`;
  if (!/^[a-z]{2,3}(-[a-z]+)+-\d$/.test(region)) {
    report(path, {
      code: 'WRONG_REGION',
      message: `${JSON.stringify(region)} is not a region`,
      hint: hint ?? 'as eu-central-1',
      value: region,
    });
    return;
  }
  report(path, {
    severity: 'warning',
    code: 'UNKNOWN_REGION',
    message: `the region ${region} is not known here`,
    hint,
    value: region,
  });
}

function checkZone(zone: string, report: RuleInput['report']): void {
  const labels = zone.split('.');
  const isHost = labels.every((label) => hostLabel.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '');
  if (labels.length >= 2 && zone.length <= 253 && isHost) return;
  const meant = zone
    .toLowerCase()
    .replace(/^[a-z]+:\/\/|^\*\./, '')
    .replace(/[./]+$/, '');
  const isMeant =
    meant.includes('.') && meant.split('.').every((label) => hostLabel.test(label) && !/^\d+$/.test(label));
  report(['spec', 'dns', 'zone'], {
    code: 'WRONG_DNS_ZONE',
    message: `${JSON.stringify(zone)} is not a DNS zone`,
    hint: `as ${isMeant ? meant : 'shop.example.org'}`,
    value: zone,
  });
}

const secretGrammar = /\b(AKIA|ASIA)[A-Z0-9]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----|\bgh[pousr]_[A-Za-z0-9]{20,}\b/;

/** Config items hold references to secrets, never secrets; the value of one is not shown. */
export function checkConfig({ parsed: { spec }, report }: RuleInput): void {
  const look = (value: unknown, path: Path): void => {
    if (typeof value === 'string' && secretGrammar.test(value)) {
      report(path, {
        code: 'SECRET_IN_FILE',
        message: `${path.slice(1).join('.')} holds what looks like a secret`,
        hint: 'write a reference, as aws:secretsmanager:<name>, and change the secret: it was in a file',
      });
    }
    if (typeof value !== 'object' || value === null) return;
    for (const [key, member] of Object.entries(value))
      look(member, [...path, Array.isArray(value) ? Number(key) : key]);
  };
  look(spec.config, ['spec', 'config']);
}
