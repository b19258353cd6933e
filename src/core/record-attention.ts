import type { AttentionItem } from './attention.ts';
import type { MirrorState } from './mirror-state.ts';
import { attentionGroups } from './status-report.ts';

/** The state with the open matters of the catalog: one for each cause, which keeps the time since when it is open. */
export function recordAttention(state: MirrorState, items: readonly AttentionItem[], nowMs: number): MirrorState {
  const attention = attentionGroups(items).map(({ cause, count, archives }) => {
    const id = `archives.${cause}`;
    const since = state.attention.find((known) => known.id === id)?.since ?? nowMs;
    const [first] = archives;
    const example = first === undefined ? '' : `: ${first.vault}/${first.key}${count > 1 ? ', …' : ''}`;
    return { id, text: `${count} ${cause}${example}`, since };
  });
  return { ...state, attention: [...state.attention.filter(({ id }) => !id.startsWith('archives.')), ...attention] };
}
