import type { ContractTarget } from './contract-check.ts';

/** A server that a script of test/servers has started: its URL stands in an environment variable, and it takes that script's keys. Throws without the variable. */
export function runningServer(variable: string, script: string): ContractTarget {
  const endpoint = process.env[variable];
  if (endpoint === undefined) throw new Error(`set ${variable} to the URL of a server made by test/servers/${script}`);
  return {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKroot', secretAccessKey: 'SKroot-secret' },
    checksums: 'WHEN_SUPPORTED',
  };
}
