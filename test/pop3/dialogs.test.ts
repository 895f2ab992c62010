/** Every conversation in test/dialogs/pop3, replayed: what our client says, what it makes of it, and what a trace shows of it. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { actsOf, type KeptDialog, readDialogs } from '../kit/dialogs.ts';
import { octetByOctet, startMisbehavingPop3 } from '../kit/misbehaving-pop3.ts';
import { CANARY, download, type Opening, recorder } from '../kit/pop3-download.ts';

const dialogs = readDialogs(new URL('../dialogs/pop3/', import.meta.url));

/** The message id in the greeting of RFC 1939 §7's example. */
const RFC_1939 = '<1896.697170952@dbc.mtview.ca.us>';

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** What stands for the three stars: the secret, in the form that the line gives it. */
function secretIn(line: string, { settings }: KeptDialog): string {
  if (line.startsWith('PASS ')) return CANARY;
  if (line.startsWith('APOP ')) return createHash('md5').update(`${RFC_1939}${CANARY}`).digest('hex');
  if (line.startsWith('AUTH PLAIN ')) return base64(`\0anna\0${CANARY}`);
  if (settings['authentication'] === 'xoauth2') return base64(`user=anna\x01auth=Bearer ${CANARY}\x01\x01`);
  return base64(CANARY);
}

async function replay(dialog: KeptDialog, packets?: (octets: Buffer) => Buffer[]) {
  await using server = await startMisbehavingPop3(
    [actsOf(dialog, (line) => secretIn(line, dialog))],
    packets === undefined ? {} : { packets },
  );
  const dialogue = recorder('whole');
  const { lines } = await download({ ...(dialog.settings as Partial<Opening>), port: server.port, dialogue });
  return { lines, told: dialogue.told, heard: [...server.heard], problems: [...server.problems] };
}

describe.each(dialogs)('$file: $title', (dialog) => {
  const saidByClient = dialog.lines.filter(({ mark }) => mark === 'C:').map(({ text }) => text);

  test('ends as it should, and our client says just these lines', async () => {
    const { lines, heard, problems } = await replay(dialog);

    expect(problems).toEqual([]);
    expect(lines).toEqual(dialog.outcome);
    expect(heard).toEqual(saidByClient.map((line) => line.replace('***', () => secretIn(line, dialog))));
  });

  test('ends the same when every octet comes in a packet of its own', async () => {
    // How much of what is no reply is quoted depends on the packets; that it is none does not.
    const withoutQuotes = (lines: readonly string[]) => lines.map((line) => line.replace(/(protocol: ).*/, '$1…'));

    expect(withoutQuotes((await replay(dialog, octetByOctet)).lines)).toEqual(withoutQuotes(dialog.outcome));
  });

  test('shows the same lines in a trace, the secrets masked (S92)', async () => {
    const { told } = await replay(dialog);

    expect(told.filter((line) => line.startsWith('> '))).toEqual(
      saidByClient.map((line) => `> ${line.replace('***', 'XXXX')}`),
    );
    expect(told.join('\n')).not.toContain(CANARY);
  });
});
