/** The folder `templates/` (S68): a person's own texts go before those of the program, which are written beside them to be copied. */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Language } from '../../../protocol/model.ts';
import { decodeText } from '../../config/encoding.ts';
import { defaultTemplates, type Party, README, templateName } from './template-texts.ts';

export interface Templates {
  /** Writes the program's texts and how to change them. Throws what the disk says. */
  prepare(): Promise<void>;
  /** The text to use now. `own`: the name of a person's file that it came from, or null; `fault`: why such a file is not used. */
  read(party: Party): Promise<{ template: string; own: string | null; fault: string | null }>;
}

/** Octets: a notice is a page of text. */
const LARGEST = 65_536;

export function openTemplates(folder: string, language: Language): Templates {
  return {
    async prepare() {
      const defaults = join(folder, 'defaults');
      await mkdir(defaults, { recursive: true, mode: 0o700 });
      await put(join(folder, 'README.txt'), README);
      for (const party of ['recipient', 'sender'] as const)
        for (const tongue of ['en', 'fr'] as const)
          await put(join(defaults, templateName(party, tongue)), defaultTemplates[party][tongue]);
    },

    async read(party) {
      const name = templateName(party, language);
      const path = join(folder, name);
      const fallback = { template: defaultTemplates[party][language], own: null };
      try {
        if ((await stat(path)).size > LARGEST) return { ...fallback, fault: `it is larger than ${LARGEST} octets` };
        return { template: decodeText(await readFile(path)).text, own: name, fault: null };
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        return { ...fallback, fault: code === 'ENOENT' ? null : `it cannot be read (${code})` };
      }
    },
  };
}

async function put(path: string, text: string): Promise<void> {
  const there = await readFile(path, 'utf8').catch(() => null);
  if (there !== text) await writeFile(path, text, { mode: 0o600 });
}
