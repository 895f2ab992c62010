/** The inbound benchmark (`npm run bench:inbound`): what it measures and how is in docs/performance.md. */
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { ceiling, contest, fetching, mailgate, type Program, type Result } from './contest.ts';
import { fetchers } from './fetchers.ts';
import { isBuilt } from './gateway.ts';
import { type Lab, openLab, openRoad } from './lab.ts';
import { measureKept } from './kept.ts';
import { measureMemory } from './memory.ts';
import { usersOf, writeTemplate } from './mailboxes.ts';
import { type Options, readOptions, usage } from './options.ts';
import { profiled } from './profile.ts';
import { compileNodelay, missing, neededFor, PATH } from './requirements.ts';
import { ratios, table } from './table.ts';

const SEED = 1;
const WINDOW = 32; // RETRs in flight of the program that measures the POP3 server alone

process.env['PATH'] = PATH;
process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let options: Options | 'help';
  try {
    options = readOptions(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}\n`);
    return 64;
  }
  if (options === 'help') {
    say(usage);
    return 0;
  }

  const wanted = options.what === 'fetchers' && !options.profile ? Object.keys(fetchers).filter(isWanted(options)) : [];
  const lacking = missing(neededFor(wanted));
  const unbuilt = options.programs.filter((program) => !isBuilt(program));
  if (lacking !== null || unbuilt.length > 0) {
    process.stderr.write(`${lacking ?? `Not built yet: npm run build in ${unbuilt.join(', ')}`}\n`);
    return 69;
  }
  if (options.what === 'kept') return await measureKept(options, say);

  await using lab = await openLab(options.scratch, usersOf(options.accounts));
  if (options.what === 'memory') return await measureMemory(options, lab, say);
  if (options.profile) return await profiled(options, lab, SEED, say);
  return await measureFetchers(options, lab);
}

async function measureFetchers(options: Options, lab: Lab): Promise<number> {
  const { accounts, messages, roundTrips, rounds } = options;
  const template = await writeTemplate(lab.file('template'), { users: usersOf(accounts), messages, seed: SEED });
  say(`${accounts} mailboxes, ${template.described}`);
  const nodelay = compileNodelay(lab.folder);
  if (nodelay === null)
    say('There is no C compiler (cc): fetchmail runs without TCP_NODELAY, and is slow by that alone.');

  let valid = true;
  for (const roundTrip of roundTrips) {
    const programs = programsOf(options, nodelay !== null);
    const results: Result[] = [];
    say(`\n## ${roundTrip} ms round trip to the POP3 server, ${accounts} x ${messages} messages\n`);
    await using road = await openRoad(lab.dovecot.port, roundTrip, lab.file('proxy.out'));
    say(`On this road ${road.measured}.\n`);
    for (let round = 1; round <= rounds; round += 1) {
      for (const program of programs) {
        const earlier = results.find(({ name }) => name === program.name);
        if (earlier !== undefined && earlier.doneSeconds > options.longSeconds) continue;
        const result = await contest(program, { lab, template, roundTrip, nodelay });
        results.push(result);
        say(`round ${round}: ${told(result)}`);
      }
    }
    valid &&= results.every((result) => result.valid);
    say(`\n${table(results)}\n`);
    for (const line of ratios(results)) say(`- ${line}`);
  }
  await rm(lab.file('template'), { recursive: true, force: true });
  return valid ? 0 : 1;
}

function programsOf({ only, programs, accounts, atOnce, connections }: Options, nodelay: boolean): Program[] {
  const several = programs.length > 1;
  const own = programs.flatMap((program) => {
    const name = several ? `MailGate in ${basename(program)}` : 'MailGate';
    const setup = { program, atOnce, connections };
    return [mailgate(name, setup, 'later session'), mailgate(name, setup, 'first session')];
  });
  const others = Object.entries(fetchers).flatMap(([name, { fetcher }]) => {
    const called = name === 'fetchmail' && nodelay ? 'fetchmail + NODELAY' : name;
    return [fetching(called, fetcher, 'alone'), fetching(`${called} x${accounts}`, fetcher, 'side by side')];
  });
  const all = [...own, ...others, ceiling(`popdrain w${WINDOW} x${accounts}`, WINDOW)];
  return all.filter(({ name }) => isWanted({ only })(name));
}

function isWanted({ only }: Pick<Options, 'only'>): (name: string) => boolean {
  return (name) => only.length === 0 || only.some((start) => name.toLowerCase().startsWith(start));
}

function told(result: Result): string {
  const { name, messages, doneSeconds, delivered, left, valid, others, proxyCpu } = result;
  const proxy = proxyCpu > 0 ? `, the proxy ${(proxyCpu / doneSeconds).toFixed(2)} cores` : '';
  return (
    `${name}: ${doneSeconds.toFixed(2)} s, ${(messages / doneSeconds).toFixed(0)}/s, ${delivered} of ${messages} arrived, ` +
    `${left} left, others ${others.toFixed(2)} cores${proxy}${valid ? '' : '  INVALID'}`
  );
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
