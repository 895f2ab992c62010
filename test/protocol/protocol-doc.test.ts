/** The generated pages: nothing of the protocol or of the command line is missing in them. */
import { expect, test } from 'vitest';
import { renderCommandsDoc } from '../../src/cli/commands-doc.ts';
import { methods } from '../../src/protocol/commands.ts';
import { errors } from '../../src/protocol/errors.ts';
import { gatewayEvent } from '../../src/protocol/events.ts';
import { renderProtocolDoc } from '../../src/protocol/protocol-doc.ts';

test('docs/protocol.md has every method, event and error, and no type that nobody can read', () => {
  const page = renderProtocolDoc();
  for (const name of Object.keys(methods)) expect(page).toContain(`\n### ${name}\n`);
  for (const { shape } of gatewayEvent.options) expect(page).toContain(`\n| \`${shape.type.value}\` | `);
  for (const name of Object.keys(errors)) expect(page).toContain(` | \`${name}\` | `);

  expect(page).not.toMatch(/unknown[;,]|undefined|\[object|string,null/);
  expect(page).toContain('params  { accounts?: string[]; wait?: boolean = false; force?: boolean = false }');
  expect(page).toContain('result  { total: number | null; messages: QueuedMessage[]; next: string | null }');
  expect(page).toContain('result  { total: number; bytes: number; messages: MailboxMessage[] }');
});

test('docs/commands.md has every command with its example, and is the same wherever it is made', () => {
  const page = renderCommandsDoc();
  for (const name of [
    'watch',
    'run',
    'demo',
    'check',
    'status',
    'trigger',
    'tail',
    'trace',
    'info',
    'queue list',
    'queue drop',
    'accounts forget-ids',
    'mailbox readdress',
    'renumbered',
    'route try',
    'rules try',
    'quarantine release',
    'logs show',
    'alerts ack',
    'test mail-server',
    'doctor',
    'sign-in',
  ])
    expect(page).toContain(`\n## mailgate ${name}\n\n\`\`\`text\nUsage: mailgate ${name}`);

  expect(page.match(/^Example:$/gm)?.length).toBe(page.match(/^## /gm)?.length);
  expect(renderCommandsDoc()).toBe(page);
  expect(page.split('\n').every((line) => line.length <= 140)).toBe(true);
});
