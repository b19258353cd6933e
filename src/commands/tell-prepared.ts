import type { AdoptionJson } from '../core/adoption-schema.ts';
import { printableName } from '../core/printable.ts';
import type { RenewedText } from '../core/renewed-text.ts';
import type { PreparedPass } from '../jobs/prepare-pass.ts';
import type { Output } from './output.ts';
import { adoptionJson, tellAdoption } from './tell-adoption.ts';
import { tellTexts } from './tell-texts.ts';

interface PreparedJson {
  readonly selfCheck: {
    checked: number;
    damaged: number;
    names: string[];
    strange: string[];
    texts: RenewedText[];
  } | null;
  readonly adoption: AdoptionJson | null;
}

export function preparedJson({ selfCheck, adoption }: PreparedPass, root: string): PreparedJson {
  return {
    selfCheck:
      selfCheck === null
        ? null
        : {
            checked: selfCheck.files.checked,
            damaged: selfCheck.files.damaged,
            names: [...selfCheck.files.names],
            strange: [...selfCheck.strange],
            texts: [...selfCheck.texts],
          },
    adoption: adoption === null ? null : adoptionJson(adoption, root),
  };
}

/** What came to light before a pass; nothing where nothing did. */
export function tellPrepared({ selfCheck, adoption }: PreparedPass, out: Output): void {
  if (selfCheck !== null && selfCheck.files.damaged > 0) {
    const { damaged, names } = selfCheck.files;
    const who = damaged === 1 ? '1 archive has lost its file' : `${damaged} archives have lost their file`;
    out.line(`${who} or part of it${damaged > 5 ? ', for example' : ''}:`);
    for (const name of names.slice(0, 5)) out.line(`  ${printableName(name)}`);
    out.line('  next: look at `dmesg` for disk errors; what the vault still has is fetched again.');
  }
  if (selfCheck !== null && selfCheck.strange.length > 0) {
    const names = selfCheck.strange.map(printableName).join(', ');
    out.line(`.pullmirror holds what pullmirror did not put there, left as it is: ${names}`);
  }
  if (selfCheck !== null) tellTexts(selfCheck.texts, out);
  if (adoption !== null) {
    out.line('An interrupted rebuild or adopt went on:');
    tellAdoption(adoption, out);
  }
}
