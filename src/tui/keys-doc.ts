/** `docs/keys.md`, drawn from the keymap, so that the document and the program cannot differ. */
import type { Binding } from './keymap.ts';
import { texts } from './text/texts.ts';
import { keyNames } from './view/key-names.ts';
import { sections } from './view/help.ts';

const HEAD = `# Keys

Generated from \`src/tui/keymap.ts\`: the same table draws the footer and the help (\`?\`) and dispatches the keys.

What changes queued or kept mail is a capital letter and asks first: one message needs a \`y\` (in French an \`o\`), more need their
number typed, the answer about a renumbered mailbox its word, and Enter alone always leaves. Small letters and arrows look and
move. A key marked *operator* is not there for a viewer or with \`--read-only\`; signing an account in takes an admin, and says so to
an operator. Esc closes, clears or goes back; it never quits.
`;

export function renderKeysDoc(): string {
  const say = texts.en;
  const parts = sections('dashboard').map(({ place, bindings }) => {
    const title = place === null ? 'Everywhere' : say.places[place];
    return `\n## ${title}\n\n| key | does |\n|---|---|\n${bindings.map(line).join('\n')}\n`;
  });
  return HEAD + parts.join('');
}

function line(binding: Binding): string {
  const keys = binding.keys.map((key) => `\`${keyNames([key], { language: 'en', ascii: false })}\``).join(' ');
  const operator = binding.operator ? ' *(operator)*' : '';
  return `| ${keys} | ${texts.en.commands[binding.does].does}${operator} |`;
}
