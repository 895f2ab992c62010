/**
 * Conversations kept as conversations: `S:` what the server says, `C:` what the client must say (`***` is its secret), `S~` without
 * a line end, `S! close` (or reset, tls, stall), `=` what comes of it, `#` why it is here, `with key=value` how the client is set.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { type Act, closes, hears, resets, says, sends, stalls, startsTls } from './misbehaving-pop3.ts';

export interface KeptDialog {
  readonly file: string;
  /** The first sentence of the remark: it names the row. */
  readonly title: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly lines: readonly { readonly mark: 'S:' | 'S~' | 'S!' | 'C:'; readonly text: string }[];
  readonly outcome: readonly string[];
}

export function readDialogs(folder: URL): KeptDialog[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.txt'))
    .toSorted()
    .map((file) => parseDialog(file, readFileSync(new URL(file, folder), 'utf8')));
}

/** The server's part. `secret` says what stands for `***` in a line of the client. */
export function actsOf(dialog: KeptDialog, secret: (line: string) => string): Act[] {
  return dialog.lines.map(({ mark, text }) => {
    switch (mark) {
      case 'S:':
        return says(text);
      case 'S~':
        return sends(text);
      case 'S!':
        return deed(dialog, text);
      case 'C:':
        return hears(text.replace('***', () => secret(text)));
    }
  });
}

function deed({ file }: KeptDialog, name: string): Act {
  const known = { close: closes, reset: resets, tls: startsTls, stall: stalls }[name];
  if (known === undefined) throw new Error(`${file}: "S! ${name}" is unknown`);
  return known;
}

function parseDialog(file: string, text: string): KeptDialog {
  const remarks: string[] = [];
  const settings: Record<string, string> = {};
  const lines: KeptDialog['lines'][number][] = [];
  const outcome: string[] = [];
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const [, mark = '', rest = ''] = /^(S:|S~|S!|C:|=|#|with)(?: (.*))?$/.exec(line) ?? [];
    if (mark === 'S:' || mark === 'S~' || mark === 'S!' || mark === 'C:') lines.push({ mark, text: rest });
    else if (mark === '=') outcome.push(rest);
    else if (mark === '#') remarks.push(rest);
    else if (mark === 'with') Object.assign(settings, Object.fromEntries([rest.split('=')]));
    else throw new Error(`${file}: what is this line? ${line}`);
  }
  return { file, title: remarks.join(' ').split('. ')[0] ?? file, settings, lines, outcome };
}
