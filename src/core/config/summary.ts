import { formatExactDuration } from '../duration.ts';
import { printable } from '../printable.ts';
import { formatRate } from '../size.ts';
import type { Config, CredentialsConfig, KeepConfig, SeriesConfig, VaultConfig } from './config.ts';

export interface SummaryLine {
  readonly label: string;
  readonly value: string;
}

/** The configuration in force, defaults filled in, a line for each fact: what `pullmirror config check` shows. Holds no secrets. */
export function configSummary(config: Config): readonly SummaryLine[] {
  const { store, downloads, retention, status } = config;
  return [
    line('timezone', config.timezone),
    line('store', `${store.path}, ${store.minFree.text} kept free, when full: ${store.whenFull}`),
    line('state', config.stateDir),
    ...config.vaults.map((vault) => line(`vault ${vault.name}`, vaultWords(vault))),
    line('schedule', config.schedule),
    line(
      'downloads',
      `${downloads.concurrency} archives at a time, ${downloads.ranges} ranges each, limit ${limitWords(config)}, given up after ${formatExactDuration(downloads.idleTimeoutMs)} of silence`,
    ),
    ...config.series.map((series) => line(`series ${series.name}`, seriesWords(series))),
    line('retention', `removals announced ${formatExactDuration(retention.announceMs)} before`),
    line('scrub', `every ${formatExactDuration(retention.scrubEveryMs)}, ${retention.scrubWindow.text}`),
    line('status page', `http://${status.listen.text}, login ${status.login}`),
    line('alerts', alertChannels(config).join(', ') || 'none'),
  ];
}

/** What is allowed but probably not meant, one sentence each: never a reason to refuse the configuration. */
export function configAdvice(config: Config): readonly string[] {
  const advice: string[] = [];
  if (config.series.length === 0) {
    advice.push('No series: everything is mirrored and kept, and nobody notices when a new archive fails to come.');
  }
  for (const { name, expectEveryMs } of config.series) {
    if (expectEveryMs === null)
      advice.push(`Series ${name} has no expectEvery: nobody notices when its archives stop coming.`);
  }
  if (alertChannels(config).length === 0) advice.push('No alerts: you must look at the status page yourself.');
  for (const { name, endpoint } of config.vaults) {
    if (endpoint?.startsWith('http:'))
      advice.push(`Vault ${name} is asked without TLS: others in the network can read along.`);
  }
  if (config.status.login === 'on' && config.status.passwordFile === null) {
    advice.push('No status.passwordFile: the page offers no actions and no downloads.');
  }
  return advice;
}

function vaultWords({ bucket, region, prefix, endpoint, credentials, expiresAfterMs }: VaultConfig): string {
  const words = [
    `${bucket}${prefix === '' ? '' : `/${prefix}`}`,
    region,
    endpoint ?? 'AWS',
    credentialsWords(credentials),
  ];
  if (expiresAfterMs !== null) words.push(`expires after ${formatExactDuration(expiresAfterMs)}`);
  return words.join(', ');
}

function credentialsWords(credentials: CredentialsConfig): string {
  switch (credentials.kind) {
    case 'chain':
      return "key from the SDK's own chain";
    case 'profile':
      return `key from profile ${credentials.profile}`;
    case 'file':
      return `key from ${credentials.file}, profile ${credentials.profile}`;
  }
}

function limitWords({ downloads }: Config): string {
  const hours = downloads.timetable.map(
    ({ window, limitBytesPerSecond }) => `${window.text} ${formatRate(limitBytesPerSecond)}`,
  );
  return [formatRate(downloads.limitBytesPerSecond), ...hours].join('; ');
}

function seriesWords({ vault, match, expectEveryMs, keep, versions }: SeriesConfig): string {
  const words = [`${match.text} in ${vault}`];
  if (versions) words.push('each version is a backup');
  words.push(
    expectEveryMs === null ? 'no archive is expected' : `one expected every ${formatExactDuration(expectEveryMs)}`,
  );
  words.push(keep === null ? 'all kept' : `keep ${keepWords(keep)}`);
  return words.join(', ');
}

function keepWords({ withinMs, ...counts }: KeepConfig): string {
  const rules = Object.entries(counts).flatMap(([rule, count]) => (count > 0 ? [`${rule} ${count}`] : []));
  if (withinMs !== null) rules.push(`within ${formatExactDuration(withinMs)}`);
  return rules.join(', ');
}

function alertChannels({ alerts }: Config): readonly string[] {
  return Object.entries(alerts).flatMap(([channel, settings]) => (settings === null ? [] : [channel]));
}

function line(label: string, value: string): SummaryLine {
  return { label, value: printable(value) };
}
