import { countWords } from './attention-groups.ts';
import type { MirrorState } from './mirror-state.ts';
import type { AttentionJson } from './status-document.ts';

/** The state with the open matters of the catalog: one for each cause, which keeps the time since when it is open. */
export function recordAttention(state: MirrorState, groups: readonly AttentionJson[], nowMs: number): MirrorState {
  const attention = groups.map(({ cause, count, archives, frozen }) => {
    const id = `archives.${cause}`;
    const since = state.attention.find((known) => known.id === id)?.since ?? nowMs;
    const names = [
      ...archives.map(({ vault, key }) => `${vault}/${key}`),
      ...(cause === 'frozen' ? frozen.map(({ series }) => series) : []),
    ];
    const [first] = names;
    const example = first === undefined ? '' : `: ${first}${count > 1 ? ', …' : ''}`;
    return { id, text: `${countWords({ cause, count })}${example}`, since };
  });
  return { ...state, attention: [...state.attention.filter(({ id }) => !id.startsWith('archives.')), ...attention] };
}
