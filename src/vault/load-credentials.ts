import { readFile } from 'node:fs/promises';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { fromIni } from '@aws-sdk/credential-provider-ini';
import { AppError, systemCode } from '../core/errors.ts';
import { printable } from '../core/printable.ts';

/** Where the mirror's key comes from: a profile of the user's AWS files, a file in that format, or (neither) the SDK's own chain. */
export interface VaultCredentials {
  readonly profile?: string | undefined;
  readonly file?: string | undefined;
}

type CredentialsProvider = Extract<S3ClientConfig['credentials'], (...args: never[]) => unknown>;

/**
 * The credentials provider for the S3 client, or undefined for the SDK's default chain. A named profile or file is the only source then:
 * the default chain would go on to the environment or a machine role and quietly use another key than the configured one.
 * Profiles may use what the AWS files allow (static keys, credential_process, role_arn, sso_session).
 * Throws VAULT_NO_CREDENTIALS, naming file and profile but never what is in them, when the provider is first called.
 */
export function loadCredentials(vault: string, { profile, file }: VaultCredentials): CredentialsProvider | undefined {
  if (profile === undefined && file === undefined) return undefined;
  const name = profile ?? 'default';
  const fromFiles = fromIni({
    profile: name,
    // Both kinds of section, [x] and [profile x], are then understood in the one file; ~/.aws plays no part.
    ...(file === undefined ? {} : { filepath: file, configFilepath: file }),
    // A key that was rotated is read anew by the next reader.
    ignoreCache: true,
  });
  return async (properties) => {
    if (file !== undefined) await assertReadable(vault, file);
    try {
      return await fromFiles(properties);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'CredentialsProviderError') throw error;
      throw noCredentials(vault, name, file, error);
    }
  };
}

async function assertReadable(vault: string, file: string): Promise<void> {
  try {
    await readFile(file);
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    const why =
      code === 'ENOENT'
        ? 'does not exist'
        : code === 'EACCES'
          ? 'may not be read by this user'
          : `cannot be read (${code})`;
    throw new AppError('VAULT_NO_CREDENTIALS', `vault ${vault}: credentials file ${printable(file)} ${why}`, {
      cause: error,
      hint: 'Correct `credentials.file` of this vault, or the owner and mode of that file.',
    });
  }
}

function noCredentials(vault: string, profile: string, file: string | undefined, cause: Error): AppError {
  const where = file === undefined ? 'the AWS credentials and configuration files of this user' : printable(file);
  return new AppError(
    'VAULT_NO_CREDENTIALS',
    `vault ${vault}: no usable profile [${printable(profile)}] in ${where}`,
    // The SDK's words may quote the section; its message is kept out, its name is enough.
    {
      cause: new Error(cause.name),
      hint: `Add a section [${printable(profile)}] with aws_access_key_id and aws_secret_access_key, or name another profile.`,
    },
  );
}
