import { AppError } from '../../core/errors.ts';
import type { ServerDescription, UploadSide } from '../description/upload-side.ts';
import { flavourOf } from './flavours.ts';
import type { PolicyFlavour } from './policy-document.ts';
import { principalNames } from './principal-names.ts';

/** The names of things as policies of one description and flavour write them. */
export interface Arns {
  /** All that a key must be refused: on AWS whatever there is, also beyond S3; elsewhere every bucket and every object. */
  readonly everything: string;
  readonly inbox: string;
  readonly inboxObjects: string;
  readonly vault: string;
  readonly vaultObjects: string;
  readonly promoterRole: string;
  readonly promoterLogs: string;
  readonly deadLetters: string;
  /** What this server may upload: its folder, or the file names in it that it is limited to. */
  uploads(server: ServerDescription): readonly string[];
  /** The server's whole folder. */
  folder(server: ServerDescription): string;
}

/**
 * `account` stands where an ARN wants the account's number. The wildcard is no hole: another account's role of the same name is allowed nothing
 * by any policy here, it is only not refused by name.
 */
export function arnsOf(side: UploadSide, flavour: PolicyFlavour, account: string): Arns {
  const { hasOtherServices } = flavourOf(flavour);
  const partition = flavour === 'aws' ? partitionOf(side.region) : 'aws';
  const s3 = (path: string) => `arn:${partition}:s3:::${path}`;
  const regional = (service: string, rest: string) => `arn:${partition}:${service}:${side.region}:${account}:${rest}`;
  return {
    everything: hasOtherServices ? '*' : s3('*'),
    inbox: s3(literal(side.inbox)),
    inboxObjects: s3(`${literal(side.inbox)}/*`),
    vault: s3(literal(side.vault)),
    vaultObjects: s3(`${literal(side.vault)}/*`),
    promoterRole: `arn:${partition}:iam::${account}:role/${principalNames.promoter(side)}`,
    promoterLogs: regional('logs', `log-group:${principalNames.logGroup(side)}:*`),
    deadLetters: regional('sqs', principalNames.deadLetters(side)),
    folder: (server) => s3(`${literal(side.inbox)}/${folderOf(server)}*`),
    uploads(server) {
      const spell = flavourOf(flavour).wildcardsStopEarly ? spellOut : (name: string) => [name];
      const names = server.names.length === 0 ? ['*'] : server.names.map(pattern).flatMap(spell);
      return names.map((name) => s3(`${literal(side.inbox)}/${folderOf(server)}${name}`));
    },
  };
}

/** The server's prefix, which stands in policies literally. A folder of one server that could mean another's is refused, wherever it came from. */
export function folderOf({ prefix }: ServerDescription): string {
  if (prefix.length < 2 || !prefix.endsWith('/')) throw unusable(`the prefix ${JSON.stringify(prefix)} is no folder`);
  return literal(prefix);
}

/** IAM reads `*`, `?` and `${…}` in resources and conditions as wildcards and variables. */
function literal(text: string): string {
  if (text === '' || /[*?$]/.test(text))
    throw unusable(`${JSON.stringify(text)} has no place in a policy as it stands`);
  return text;
}

/** Part of a file name, whose wildcards are meant. */
function pattern(text: string): string {
  if (text === '' || text.includes('$')) throw unusable(`the name ${JSON.stringify(text)} has no place in a policy`);
  return text;
}

/** How often a `*` may pass over the character that stands behind it. Five cover `site.tar.gz.gpg` with two to spare. */
const STOPS = 5;

/** The same names for a server whose `*` stops early: `*.gpg` as `*.gpg`, `*.*.gpg`, `*.*.*.gpg`, … */
function spellOut(name: string): string[] {
  const [head = '', ...rest] = name.split(/(?<=\*)(?=[^*?])/);
  return rest.reduce<string[]>(
    (spelled, piece) =>
      spelled.flatMap((before) =>
        Array.from({ length: STOPS }, (_, passed) => `${before}${`${piece.slice(0, 1)}*`.repeat(passed)}${piece}`),
      ),
    [head],
  );
}

function unusable(what: string): AppError {
  return new AppError('CONFIG_INVALID', `The policies cannot be written: ${what}.`, {
    hint: 'Use letters, digits, `.`, `_`, `-` in prefixes, which end in `/`; in `names` also `*` and `?`.',
  });
}

/** China, GovCloud and the European Sovereign Cloud are AWS worlds of their own. */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  if (region.startsWith('eusc-')) return 'aws-eusc';
  return 'aws';
}
