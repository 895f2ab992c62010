/** Where the daemon's time goes in an inbound session: one run under `node --cpu-prof`. */
import { mkdir } from 'node:fs/promises';
import { contest, mailgate, type Program } from './contest.ts';
import { now, type Period, reportProfiles } from './cpu-profile.ts';
import type { Lab } from './lab.ts';
import { usersOf, writeTemplate } from './mailboxes.ts';
import type { Options } from './options.ts';

export async function profiled(options: Options, lab: Lab, seed: number, say: (line: string) => void): Promise<number> {
  const { accounts, messages, programs, atOnce, connections, roundTrips } = options;
  const template = await writeTemplate(lab.file('template'), { users: usersOf(accounts), messages, seed });
  const [program = ''] = programs;
  const [roundTrip = 0] = roundTrips;
  const folder = lab.file('profiles');
  await mkdir(folder, { mode: 0o755 });

  const working = { from: 0, to: 0 };
  const gateway = timed(
    mailgate('MailGate', { program, atOnce, connections, profiles: folder }, 'later session'),
    working,
  );
  const result = await contest(gateway, { lab, template, roundTrip, nodelay: null });
  const { doneSeconds, delivered, cpu } = result;
  say(
    `${delivered} of ${template.messages} messages in ${doneSeconds.toFixed(2)} s, slowed down by the profiler${result.valid ? '' : ': INVALID'}`,
  );
  say(
    `CPU ${((cpu / template.messages) * 1_000).toFixed(2)} ms a message (daemon and trigger), peak RSS ${result.memory.toFixed(0)} MB`,
  );
  await reportProfiles(folder, { working, messages: template.messages }, say);
  return result.valid ? 0 : 1;
}

/** The same program, with the time of its work written down: a profile also holds its start and its end. */
function timed(program: Program, working: Period): Program {
  return {
    ...program,
    async prepare(ground) {
      const prepared = await program.prepare(ground);
      return {
        async work() {
          working.from = now();
          const worked = await prepared.work();
          working.to = now();
          return worked;
        },
        [Symbol.asyncDispose]: () => prepared[Symbol.asyncDispose](),
      };
    },
  };
}
