import type { RenewedText } from '../core/renewed-text.ts';
import type { Output } from './output.ts';

const WORDS: Readonly<Record<RenewedText['was'], string>> = {
  missing: 'was missing',
  cut: 'was cut short',
  older: 'was that of another release',
  foreign: 'was not as pullmirror writes it',
};

/** What `adopt --dry-run` says of them. */
export function tellFlawedTexts(texts: readonly Pick<RenewedText, 'name' | 'was'>[], out: Output): void {
  for (const { name, was } of texts) {
    const kept = was === 'foreign' ? '; what lies there would be kept in .pullmirror/found-…' : '';
    out.line(`${name} of the store ${WORDS[was]}, and would be made anew${kept}`);
  }
}

/** Which of the files at the top of the store had to be made anew, and where those are that somebody else wrote. */
export function tellTexts(texts: readonly RenewedText[], out: Output): void {
  for (const { name, was, aside } of texts) {
    const there = aside === null ? '' : `; what lay there is here now: ${aside}`;
    out.line(`${name} of the store ${WORDS[was]}, and has been made anew${there}`);
  }
}
