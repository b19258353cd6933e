import type { UploadSide } from '../description/upload-side.ts';
import { lifecycleRules } from './lifecycle-rules.ts';
import type { NamedPolicy } from './named-policies.ts';
import { levelsInUse, principalNames } from './principal-names.ts';
import type { Step } from './step.ts';

/** Commands for MinIO's client `mc`, under the alias of an administrator. A user's name is its access key there. */
export function minioSteps(side: UploadSide, policies: readonly NamedPolicy[]): readonly Step[] {
  const { inbox, vault, lock } = side;
  const users = [...new Set(policies.filter(({ carrier }) => carrier === 'user').flatMap(({ forWhom }) => forWhom))];
  return [
    {
      title: 'The name that the commands below use',
      lines: [
        'mc alias set cloud https://… ADMINISTRATOR     # let the server be reached by TLS only, policies cannot see to that here',
      ],
    },
    {
      title: 'Buckets, if they are not there yet. MinIO binds users by their own policies only: these buckets get none',
      lines: [
        `mc mb cloud/${inbox} && mc version enable cloud/${inbox}`,
        `mc mb --with-lock cloud/${vault} && mc retention set --default ${lock.mode} ${lock.days}d cloud/${vault}`,
      ],
    },
    {
      title:
        'Lifecycle; the archive classes of AWS are left out, and MinIO removes unfinished uploads by itself after a day',
      lines: (['inbox', 'vault'] as const).flatMap((bucket) =>
        lifecycleRules(side)[bucket].flatMap(({ Expiration, NoncurrentVersionExpiration }) => {
          if (Expiration === undefined) return [];
          const flags =
            'Days' in Expiration
              ? `--expire-days ${Expiration.Days} --noncurrent-expire-days ${NoncurrentVersionExpiration?.NoncurrentDays}`
              : '--expire-delete-marker';
          return [`mc ilm rule add ${flags} cloud/${side[bucket]}`];
        }),
      ),
    },
    {
      title: 'Policies',
      lines: policies.flatMap(({ name, description }) => [
        `# ${description}`,
        `mc admin policy create cloud ${name} ${name}.json`,
      ]),
    },
    {
      title: 'Users; the name is the access key, the secret is yours to make up (and asked for)',
      lines: users.map((user) => `mc admin user add cloud ${user}`),
    },
    {
      title: 'Groups, one for each level; a group is there as soon as it has a member',
      lines: levelsInUse(side).map((level) => {
        const members = side.servers.filter((server) => server.level === level);
        const names = members.map((server) => principalNames.writer(side, server));
        return `mc admin group add cloud ${principalNames.group(side, level)} ${names.join(' ')}`;
      }),
    },
    {
      title: 'Who carries which policy',
      lines: policies.flatMap(({ name, carrier, forWhom }) =>
        forWhom.map((whom) => `mc admin policy attach cloud ${name} --${carrier} ${whom}`),
      ),
    },
  ];
}
