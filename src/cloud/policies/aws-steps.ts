import type { UploadSide } from '../description/upload-side.ts';
import type { NamedPolicy } from './named-policies.ts';
import { levelsInUse, principalNames } from './principal-names.ts';
import type { Step } from './step.ts';

/** By the words of the AWS console of 2026 (IAM user guide; S3 user guide). */
export function awsSteps(side: UploadSide, policies: readonly NamedPolicy[]): readonly Step[] {
  const inIam = policies.filter(({ carrier }) => carrier !== 'bucket');
  const carriedBy = (name: string) => inIam.filter(({ forWhom }) => forWhom.includes(name));
  return [
    buckets(side),
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
      'Both: ACLs disabled, Block all public access, Bucket Versioning: Enable.',
      `- ${inbox}`,
      `- ${vault}: Advanced settings > Object Lock: Enable. Then its Properties > Object Lock > Edit >`,
      `  Default retention: Enable, ${mode}, ${lock.days} days.`,
    ],
  };
}

function namesOf(policies: readonly NamedPolicy[]): string {
  return policies.map(({ name }) => name).join(', ');
}
