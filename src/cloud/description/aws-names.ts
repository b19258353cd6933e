import { distance } from 'fastest-levenshtein';
import { type Parsed, parsed, problem } from '../../core/parsed.ts';

/** The regions that anyone can use, and those of China, GovCloud and the European sovereign cloud (AWS Regions guide, 2026-11). */
const REGIONS = [
  ...['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'ca-central-1', 'ca-west-1', 'mx-central-1', 'sa-east-1'],
  ...['eu-central-1', 'eu-central-2', 'eu-north-1', 'eu-south-1', 'eu-south-2', 'eu-west-1', 'eu-west-2', 'eu-west-3'],
  ...['ap-east-1', 'ap-east-2', 'ap-south-1', 'ap-south-2', 'ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3'],
  ...[1, 2, 3, 4, 5, 6, 7].map((number) => `ap-southeast-${number}`),
  ...['af-south-1', 'il-central-1', 'me-central-1', 'me-south-1'],
  ...['cn-north-1', 'cn-northwest-1', 'us-gov-east-1', 'us-gov-west-1', 'eusc-de-east-1'],
];

export const REGION_PATTERN =
  '^[a-z]{2,4}(-(gov|de))?-(central|east|north|northeast|northwest|south|southeast|southwest|west)-[1-9]$';

export const BUCKET_PATTERN = '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$';
/** Beginnings and ends that S3 keeps for itself (S3 user guide, "General purpose bucket naming rules"). */
const RESERVED_STARTS = ['xn--', 'sthree-', 'amzn-s3-demo-'];
const RESERVED_ENDS = ['-s3alias', '--ol-s3', '.mrap', '--x-s3', '--table-s3', '-an'];

/** Short enough that no name made of it and a server's or mirror's exceeds the 64 characters that IAM allows a user. */
export const OWN_NAME_PATTERN = '^[A-Za-z][A-Za-z0-9-]{0,19}$';
export const PERSON_NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$';

/** A region, known or of the usual form: it may be younger than this program. */
export function readRegion(written: string): Parsed<string> {
  if (new RegExp(REGION_PATTERN).test(written)) return parsed(written);
  return problem(`"${written}" is not an AWS region; the nearest one is ${nearestRegion(written)}`);
}

export function isKnownRegion(region: string): boolean {
  return REGIONS.includes(region);
}

export function nearestRegion(written: string): string {
  const wanted = written.toLowerCase();
  return REGIONS.reduce((nearest, region) => (distance(wanted, region) < distance(wanted, nearest) ? region : nearest));
}

/** The name of a general purpose bucket as S3 lets one be created today (S3 user guide, "General purpose bucket naming rules"). */
export function readBucketName(written: string): Parsed<string> {
  const wrong = (why: string) => problem(`"${written}" is not a bucket name: ${why}`);
  if (/^s3:|\//i.test(written)) return wrong('write it without s3:// and folders');
  if (/[A-Z]/.test(written)) return wrong('capital letters are not allowed');
  if (written.length < 3 || written.length > 63) return wrong('3 to 63 characters');
  if (!new RegExp(BUCKET_PATTERN).test(written)) {
    return wrong('lower case letters, digits, hyphens and dots, a letter or digit first and last');
  }
  if (written.includes('..')) return wrong('two dots in a row');
  if (/^\d+\.\d+\.\d+\.\d+$/.test(written)) return wrong('it looks like an IP address');
  const start = RESERVED_STARTS.find((reserved) => written.startsWith(reserved));
  const end = RESERVED_ENDS.find((reserved) => written.endsWith(reserved));
  if (start !== undefined) return wrong(`S3 keeps names that begin with ${start} for itself`);
  return end === undefined ? parsed(written) : wrong(`S3 keeps names that end in ${end} for itself`);
}

/** What the names of groups, users, policies, the function and the stack begin with. */
export function readOwnName(written: string): Parsed<string> {
  if (new RegExp(OWN_NAME_PATTERN).test(written)) return parsed(written);
  return problem(`"${written}" is not a name: 1 to 20 letters, digits and hyphens, a letter first`);
}

/** The name of a server or mirror, which becomes part of an IAM user's name. */
export function readPersonName(written: string): Parsed<string> {
  if (new RegExp(PERSON_NAME_PATTERN).test(written)) return parsed(written);
  return problem(
    `"${written}" is not a name: 1 to 32 letters, digits, dots, hyphens and underscores, a letter or digit first`,
  );
}
