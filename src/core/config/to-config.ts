import type {
  AlertsConfig,
  Config,
  CredentialsConfig,
  DownloadsConfig,
  KeepConfig,
  SeriesConfig,
  VaultConfig,
} from './config.ts';
import { parseDailyWindow } from './daily-window.ts';
import type { CheckedFile } from './schema.ts';

/** A checked file in the shape that the rest of the program uses: no undefined, units in the names. */
export function toConfig(file: CheckedFile, name: string, machineTimezone: string): Config {
  return {
    file: name,
    timezone: file.timezone ?? machineTimezone,
    store: file.store,
    stateDir: file.state,
    vaults: file.vaults.map(toVault),
    schedule: file.schedule,
    downloads: toDownloads(file.downloads),
    series: file.series.map(toSeries),
    retention: {
      announceMs: file.retention.announce,
      scrubEveryMs: file.retention.scrubEvery,
      scrubWindow: file.retention.scrubWindow,
    },
    status: {
      ...file.status,
      passwordFile: file.status.passwordFile ?? null,
      tokenFile: file.status.tokenFile ?? null,
    },
    alerts: toAlerts(file.alerts),
  };
}

function toVault(vault: CheckedFile['vaults'][number]): VaultConfig {
  const { name, bucket, region, prefix, endpoint = null } = vault;
  return {
    name,
    bucket,
    region,
    prefix,
    endpoint,
    // Most servers that are not AWS know no bucket names in front of their own.
    forcePathStyle: vault.forcePathStyle ?? endpoint !== null,
    credentials: toCredentials(vault.credentials),
    expiresAfterMs: vault.expiresAfter ?? null,
  };
}

function toCredentials(credentials: CheckedFile['vaults'][number]['credentials']): CredentialsConfig {
  const { file, profile } = credentials ?? {};
  if (file !== undefined) return { kind: 'file', file, profile: profile ?? 'default' };
  return profile === undefined ? { kind: 'chain' } : { kind: 'profile', profile };
}

function toDownloads(downloads: CheckedFile['downloads']): DownloadsConfig {
  const { concurrency, ranges, limit, timetable, idleTimeout } = downloads;
  return {
    concurrency,
    ranges,
    limitBytesPerSecond: limit,
    timetable: Object.entries(timetable).flatMap(([text, limitBytesPerSecond]) => {
      // Windows that cannot be read are refused by the cross checks.
      const window = parseDailyWindow(text);
      return window.ok ? [{ window: window.value, limitBytesPerSecond }] : [];
    }),
    idleTimeoutMs: idleTimeout,
  };
}

function toSeries({
  name,
  vault,
  match,
  expectEvery,
  keep,
  versions,
  sizeFactor,
}: CheckedFile['series'][number]): SeriesConfig {
  return {
    name,
    vault,
    match,
    expectEveryMs: expectEvery ?? null,
    keep: keep === undefined ? null : toKeep(keep),
    versions,
    sizeFactor,
  };
}

function toKeep({ within, ...counts }: NonNullable<CheckedFile['series'][number]['keep']>): KeepConfig {
  return { ...counts, withinMs: within ?? null };
}

function toAlerts({ ntfy, webhook, healthchecks, email }: CheckedFile['alerts']): AlertsConfig {
  return {
    ntfy: ntfy === undefined ? null : { url: ntfy.url, tokenFile: ntfy.tokenFile ?? null },
    webhook: webhook === undefined ? null : { url: webhook.url, tokenFile: webhook.tokenFile ?? null },
    healthchecks: healthchecks ?? null,
    email:
      email === undefined ? null : { ...email, user: email.user ?? null, passwordFile: email.passwordFile ?? null },
  };
}
