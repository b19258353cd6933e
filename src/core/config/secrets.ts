import type { Finding } from './mistake.ts';
import { isSecretKey } from './nearest-key.ts';
import type { YamlSource } from './yaml-source.ts';

/** AWS access key ids (IAM user guide, "Unique identifiers") and PEM private keys. */
const SECRET_VALUES = /\b(AKIA|ASIA)[A-Z0-9]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY/;

/**
 * Keys, passwords and tokens written into a file that other people read and that ends up in backups and chats; `wayOut` says where they
 * belong. The secrets themselves are not repeated.
 */
export function findSecrets({ scalars }: Pick<YamlSource, 'scalars'>, wayOut: string): readonly Finding[] {
  const findings: Finding[] = [];
  for (const { path, isKey, text } of scalars) {
    if (isKey ? isSecretKey(text) || SECRET_VALUES.test(text) : SECRET_VALUES.test(text)) {
      findings.push({ path, at: isKey ? 'key' : 'value', message: `never keys in this file: ${wayOut}` });
    }
  }
  return findings;
}
