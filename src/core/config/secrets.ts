import type { Finding } from './mistake.ts';
import { isSecretKey } from './nearest-key.ts';
import type { YamlSource } from './yaml-source.ts';

/** AWS access key ids (IAM user guide, "Unique identifiers") and PEM private keys. */
const SECRET_VALUES = /\b(AKIA|ASIA)[A-Z0-9]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY/;

const WAY_OUT =
  'never keys in this file: put them into a file of their own and name it here ' +
  '(credentials: { file: … } in the AWS shared-credentials format, passwordFile, tokenFile)';

/**
 * Keys, passwords and tokens written into the configuration, which other people read and which ends up in backups and chats. The secrets
 * themselves are not repeated.
 */
export function findSecrets({ scalars }: Pick<YamlSource, 'scalars'>): readonly Finding[] {
  const findings: Finding[] = [];
  for (const { path, isKey, text } of scalars) {
    if (isKey ? isSecretKey(text) || SECRET_VALUES.test(text) : SECRET_VALUES.test(text)) {
      findings.push({ path, at: isKey ? 'key' : 'value', message: WAY_OUT });
    }
  }
  return findings;
}
