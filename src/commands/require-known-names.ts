import type { Config } from '../core/config/config.ts';
import { AppError } from '../core/errors.ts';

/** A mistyped name should not look like an empty disk. Throws USAGE for a series or vault that is not configured; undefined is none asked for. */
export function requireKnownNames(
  config: Pick<Config, 'series' | 'vaults'>,
  { series, vault }: { readonly series?: string | undefined; readonly vault?: string | undefined },
): void {
  if (series !== undefined && !config.series.some(({ name }) => name === series)) {
    throw new AppError('USAGE', `no series is called ${series}`, { hint: `Configured are: ${names(config.series)}.` });
  }
  if (vault !== undefined && !config.vaults.some(({ name }) => name === vault)) {
    throw new AppError('USAGE', `no vault is called ${vault}`, { hint: `Configured are: ${names(config.vaults)}.` });
  }
}

function names(things: readonly { readonly name: string }[]): string {
  return things.length === 0 ? 'none' : things.map(({ name }) => name).join(', ');
}
