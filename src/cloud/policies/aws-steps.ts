import type { ArchiveClass, UploadSide } from '../description/upload-side.ts';
import { type LifecycleRule, lifecycleRules } from './lifecycle-rules.ts';
import type { NamedPolicy } from './named-policies.ts';
import { levelsInUse, principalNames } from './principal-names.ts';
import { promoterSteps } from './promoter-steps.ts';
import type { Step } from './step.ts';

/** By the words of the AWS console of 2026 (IAM user guide; S3 user guide). */
export function awsSteps(side: UploadSide, policies: readonly NamedPolicy[]): readonly Step[] {
  const inIam = policies.filter(({ carrier }) => carrier !== 'bucket');
  const carriedBy = (name: string) => inIam.filter(({ forWhom }) => forWhom.includes(name));
  return [
    buckets(side),
    lifecycle(side),
    {
      title: 'Policies: IAM > Policies, once for each of these files',
      lines: [
        'Create policy > JSON: replace what is there by the file > Next > Policy name: the name below > Create policy.',
        ...inIam.flatMap(({ name, description }) => ['', `${name}   (${name}.json)`, `  ${description}`]),
      ],
    },
    {
      title: 'Groups: IAM > User groups, one for each level',
      lines: [
        'Create group > User group name and policies as below > Create user group.',
        ...levelsInUse(side).map((level) => {
          const group = principalNames.group(side, level);
          return `- ${group}: attach ${namesOf(carriedBy(group))}`;
        }),
      ],
    },
    {
      title: 'Users: IAM > Users, one for each server and each mirror',
      lines: [
        'Create user > User name as below, without access to the Management Console > Next.',
        'Servers: Add user to group > Next > Create user. Then the user > Permissions > Add permissions > Attach policies directly.',
        ...side.servers.map((server) => {
          const user = principalNames.writer(side, server);
          return `- ${user}: group ${principalNames.group(side, server.level)}, attach ${namesOf(carriedBy(user))}`;
        }),
        'Mirrors: Attach policies directly > Next > Create user.',
        ...side.mirrors.map((mirror) => {
          const user = principalNames.mirror(side, mirror);
          return `- ${user}: attach ${namesOf(carriedBy(user))}`;
        }),
      ],
    },
    {
      title: 'Keys: for each of these users',
      lines: [
        'The user > Security credentials > Access keys > Create access key > Application running outside AWS > Next >',
        'Create access key > Download .csv file > Done. The secret is never shown again.',
        'Each key goes to its own server or mirror only. A user can have two, so that one can replace the other.',
      ],
    },
    {
      title: 'The promoter’s role: IAM > Roles',
      lines: [
        'Create role > AWS service > Lambda > Next > the policy below > Next > Role name as below > Create role.',
        `- ${principalNames.promoter(side)}: attach ${namesOf(carriedBy(principalNames.promoter(side)))}`,
      ],
    },
    ...promoterSteps(side),
    {
      title: 'Policies of the buckets: S3 > General purpose buckets > the bucket > Permissions > Bucket policy > Edit',
      lines: [
        'Replace what is there by the file > Save changes. Last of all: from then on only the promoter writes to the vault.',
        ...policies
          .filter(({ carrier }) => carrier === 'bucket')
          .map(({ name, forWhom }) => `- ${forWhom.join(', ')}: ${name}.json`),
      ],
    },
  ];
}

function buckets({ region, inbox, vault, lock }: UploadSide): Step {
  const mode = lock.mode === 'GOVERNANCE' ? 'Governance' : 'Compliance';
  return {
    title: `Buckets, if they are not there yet: S3 > Create bucket, in ${region}`,
    lines: [
      'Both: ACLs disabled, Block all public access, Bucket Versioning: Enable, Default encryption: SSE-S3.',
      `- ${inbox}`,
      `- ${vault}: Advanced settings > Object Lock: Enable. Then its Properties > Object Lock > Edit >`,
      `  Default retention: Enable, ${mode}, ${lock.days} days.`,
    ],
  };
}

function lifecycle(side: UploadSide): Step {
  const rules = lifecycleRules(side);
  const ofBucket = (bucket: 'inbox' | 'vault') =>
    rules[bucket].map((rule) => `- ${side[bucket]}: ${rule.ID}: ${lifecycleWords(rule)}`);
  return {
    title:
      'Lifecycle: S3 > General purpose buckets > the bucket > Management > Create lifecycle rule, once for each of these',
    lines: [
      'Rule name as below > Apply to all objects in the bucket > tick the action and fill in its days > Create rule.',
      ...ofBucket('inbox'),
      ...ofBucket('vault'),
      'No other rule for the vault: one that expires sooner hides archives from the mirrors.',
    ],
  };
}

const CONSOLE_CLASSES: Readonly<Record<ArchiveClass, string>> = {
  STANDARD_IA: 'Standard-IA',
  GLACIER_IR: 'Glacier Instant Retrieval',
  GLACIER: 'Glacier Flexible Retrieval',
  DEEP_ARCHIVE: 'Glacier Deep Archive',
};

/** What to tick in the console. */
function lifecycleWords(rule: LifecycleRule): string {
  const { AbortIncompleteMultipartUpload, Transitions = [], Expiration, NoncurrentVersionExpiration } = rule;
  const words = Transitions.map(
    ({ StorageClass, Days }) =>
      `Transition current versions of objects between storage classes: ${CONSOLE_CLASSES[StorageClass]}, ${Days} days`,
  );
  if (AbortIncompleteMultipartUpload !== undefined)
    words.push(`Delete incomplete multipart uploads: ${AbortIncompleteMultipartUpload.DaysAfterInitiation} days`);
  if (Expiration !== undefined)
    words.push(
      'Days' in Expiration
        ? `Expire current versions of objects: ${Expiration.Days} days`
        : 'Delete expired object delete markers',
    );
  if (NoncurrentVersionExpiration !== undefined)
    words.push(`Permanently delete noncurrent versions of objects: ${NoncurrentVersionExpiration.NoncurrentDays} days`);
  return words.join('; ');
}

function namesOf(policies: readonly NamedPolicy[]): string {
  return policies.map(({ name }) => name).join(', ');
}
