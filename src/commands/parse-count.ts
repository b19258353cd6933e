import { InvalidArgumentError } from 'commander';

/** For an option that takes a whole number from 1 to `max`. */
export function parseCount(option: string, max: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,16}$/.test(text) && value >= 1 && value <= max) return value;
    throw new InvalidArgumentError(`${option} takes a whole number from 1 to ${max}.`);
  };
}
