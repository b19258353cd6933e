import type { UploadSide } from '../description/upload-side.ts';
import { lifecycleRules } from './lifecycle-rules.ts';
import type { NamedPolicy } from './named-policies.ts';
import type { Step } from './step.ts';

const PUBLIC_ACCESS = 'IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true';

/**
 * Commands for Ceph's object gateway: users by radosgw-admin, on a machine of the cluster; their policies by its IAM API and the buckets by S3,
 * as the administrator (Ceph documentation, "Admin Guide" and "IAM API").
 */
export function radosgwSteps(side: UploadSide, policies: readonly NamedPolicy[]): readonly Step[] {
  const { inbox, vault, lock } = side;
  const ofUsers = policies.filter(({ carrier }) => carrier !== 'bucket');
  const users = [...new Set(ofUsers.flatMap(({ forWhom }) => forWhom))];
  return [
    {
      title: 'Names that the commands below use',
      lines: [
        'export ENDPOINT=https://…           # of the gateway: let it be reached by TLS only, policies cannot see to that here',
        'export AWS_PROFILE=…                # with the key of a radosgw user of your own, the administrator',
        'radosgw-admin caps add --uid=ADMINISTRATOR --caps="user-policy=*"',
      ],
    },
    {
      title: 'Buckets, if they are not there yet',
      lines: [
        `aws --endpoint-url "$ENDPOINT" s3api create-bucket --bucket ${inbox}`,
        `aws --endpoint-url "$ENDPOINT" s3api put-bucket-versioning --bucket ${inbox} --versioning-configuration Status=Enabled`,
        `aws --endpoint-url "$ENDPOINT" s3api create-bucket --bucket ${vault} --object-lock-enabled-for-bucket`,
        `aws --endpoint-url "$ENDPOINT" s3api put-object-lock-configuration --bucket ${vault} --object-lock-configuration \\`,
        `  'ObjectLockEnabled=Enabled,Rule={DefaultRetention={Mode=${lock.mode},Days=${lock.days}}}'`,
      ],
    },
    {
      title:
        'No upload is readable by everybody, whatever ACL it came with (BlockPublicAcls would refuse every upload)',
      lines: [inbox, vault].map(
        (bucket) =>
          `aws --endpoint-url "$ENDPOINT" s3api put-public-access-block --bucket ${bucket} --public-access-block-configuration ${PUBLIC_ACCESS}`,
      ),
    },
    {
      title: 'Lifecycle; the archive classes of AWS are left out, Ceph has none unless you have made some',
      lines: (['inbox', 'vault'] as const).map((bucket) => {
        const Rules = lifecycleRules(side)[bucket].filter(({ Transitions }) => Transitions === undefined);
        return `aws --endpoint-url "$ENDPOINT" s3api put-bucket-lifecycle-configuration --bucket ${side[bucket]} --lifecycle-configuration '${JSON.stringify({ Rules })}'`;
      }),
    },
    {
      title: 'Users; each command prints its access key and secret',
      lines: users.map((user) => `radosgw-admin user create --uid=${user} --display-name=${user}`),
    },
    {
      title: 'Policies of the users; there are no groups, so that each carries all of its own',
      lines: ofUsers.flatMap(({ name, forWhom, description }) => [
        `# ${description}`,
        ...forWhom.map(
          (user) =>
            `aws --endpoint-url "$ENDPOINT" iam put-user-policy --user-name ${user} --policy-name ${name} --policy-document file://${name}.json`,
        ),
      ]),
    },
    {
      title: 'Policies of the buckets, last of all: from then on only the promoter writes to the vault',
      lines: policies
        .filter(({ carrier }) => carrier === 'bucket')
        .flatMap(({ name, forWhom }) =>
          forWhom.map(
            (bucket) =>
              `aws --endpoint-url "$ENDPOINT" s3api put-bucket-policy --bucket ${bucket} --policy file://${name}.json`,
          ),
        ),
    },
  ];
}
