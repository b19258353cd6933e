import { closest, distance } from 'fastest-levenshtein';
import type { Config } from '../core/config/config.ts';
import { AppError } from '../core/errors.ts';
import { ACTORS, eventsAndFamilies, isEventOrFamily } from '../core/event-names.ts';
import type { Catalog } from '../store/catalog/catalog.ts';

/** A mistyped name should not look like an empty disk. Throws USAGE for a series or vault that is not configured; undefined is none asked for. */
export function requireKnownNames(
  config: Pick<Config, 'series' | 'vaults'>,
  { series, vault }: { readonly series?: string | undefined; readonly vault?: string | undefined },
): void {
  if (series !== undefined && !config.series.some(({ name }) => name === series)) {
    throw unknownName('series', series, config.series);
  }
  if (vault !== undefined && !config.vaults.some(({ name }) => name === vault)) {
    throw unknownName('vault', vault, config.vaults);
  }
}

/** Before archives of it are looked for by name. A vault that the configuration names no more may still have archives here. Throws USAGE. */
export function requireVaultOfArchives(
  config: Pick<Config, 'vaults'>,
  catalog: Pick<Catalog, 'counts'>,
  vault: string | null | undefined,
): void {
  if (vault == null || catalog.counts.knowsAtLeast(vault, 1)) return;
  requireKnownNames({ series: [], vaults: config.vaults }, { vault });
}

/** As little should a mistyped event look like one that never happened. Throws USAGE. */
export function requireKnownEvents({
  event,
  actor,
}: {
  readonly event?: string | undefined;
  readonly actor?: string | undefined;
}): void {
  if (event !== undefined && !isEventOrFamily(event)) throw unknown('event', event, eventsAndFamilies(), 'Events');
  if (actor !== undefined && !ACTORS.some((one) => one === actor)) throw unknown('actor', actor, ACTORS, 'Actors');
}

function unknownName(kind: 'series' | 'vault', name: string, known: readonly { readonly name: string }[]): AppError {
  return unknown(
    kind,
    name,
    known.map((one) => one.name),
    'Configured',
  );
}

function unknown(kind: string, name: string, names: readonly string[], all: string): AppError {
  const nearest = names.length === 0 ? '' : closest(name, [...names]);
  const isNear = nearest !== '' && distance(name, nearest) <= Math.max(2, name.length / 3);
  const hint = `${all} are: ${names.length === 0 ? 'none' : names.join(', ')}.`;
  return new AppError('USAGE', `no ${kind} is called ${name}`, {
    hint: isNear ? `Did you mean ${nearest}? ${hint}` : hint,
  });
}
