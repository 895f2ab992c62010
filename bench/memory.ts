/** Memory: accounts with large messages, side by side; the daemon's peak must not follow their size. */
import { contest, mailgate } from './contest.ts';
import type { Lab } from './lab.ts';
import { usersOf, writeLargeTemplate } from './mailboxes.ts';
import type { Options } from './options.ts';

/** Large messages in each mailbox. */
const COPIES = 3;

/** MB: the goal. */
const MOST = 250;

export async function measureMemory(options: Options, lab: Lab, say: (line: string) => void): Promise<number> {
  const { accounts, megabytes, programs, connections } = options;
  const users = usersOf(accounts);
  const octets = megabytes * 1_000_000;
  const template = await writeLargeTemplate(lab.file('template'), { users, copies: COPIES, octets });
  say(`${accounts} accounts at once, ${template.described}`);

  let well = true;
  for (const program of programs) {
    const name = programs.length > 1 ? `MailGate in ${program}` : 'MailGate';
    const gateway = mailgate(name, { program, atOnce: accounts, connections }, 'first session');
    const result = await contest(gateway, { lab, template, roundTrip: 0, nodelay: null });
    const rate = template.octets / 1_000_000 / result.doneSeconds;
    const verdict = !result.valid ? 'INVALID' : result.memory < MOST ? 'as it should be' : `over ${MOST} MB`;
    say(`${name}: peak RSS ${result.memory.toFixed(0)} MB, ${rate.toFixed(0)} MB/s: ${verdict}`);
    well &&= result.valid && result.memory < MOST;
  }
  return well ? 0 : 1;
}
