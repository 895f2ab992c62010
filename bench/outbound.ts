/** The outbound benchmark (`npm run bench:outbound`): what it measures and how is in docs/performance.md. */
import { isBuilt } from './gateway.ts';
import { type Folder, openFolder } from './lab.ts';
import { ceilings } from './outbound/ceilings.ts';
import { contest, type Result } from './outbound/contest.ts';
import { measureDepth } from './outbound/depth.ts';
import { exim } from './outbound/exim.ts';
import { measureIdle } from './outbound/idle.ts';
import { mailgates } from './outbound/mailgate.ts';
import { type Options, readOptions, usage } from './outbound/options.ts';
import { postfix } from './outbound/postfix.ts';
import { profiled } from './outbound/profile.ts';
import { lacking } from './outbound/requirements.ts';
import type { Server } from './outbound/servers.ts';
import { acceptedRate, deliveredRate, ratios, table } from './outbound/table.ts';
import { PATH } from './requirements.ts';

/** Messages before those that are measured. */
const WARM_UP = 1_000;

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

  const wanted = options.what === 'servers' && !options.profile ? serversOf(options) : [];
  const missing = lacking({ exim: wanted.some(({ name }) => name === 'Exim') ? options.exim : null });
  const unbuilt = options.programs.filter((program) => !isBuilt(program));
  if (missing !== null || unbuilt.length > 0) {
    process.stderr.write(`${missing ?? `Not built yet: npm run build in ${unbuilt.join(', ')}`}\n`);
    return 69;
  }

  await using lab = await openFolder(options.scratch);
  if (options.profile) return await profiled(options, lab, say);
  switch (options.what) {
    case 'servers':
      return await measureServers(options, wanted, lab);
    case 'idle':
      return await measureIdle(options, lab, say);
    case 'depth':
      return await measureDepth(options, lab, say);
  }
}

function serversOf({ only, programs, exim: program }: Options): Server[] {
  const all = [...mailgates(programs), postfix, exim(program), ...ceilings];
  return all.filter(({ name }) => only.length === 0 || only.some((start) => name.toLowerCase().startsWith(start)));
}

async function measureServers(options: Options, servers: readonly Server[], lab: Folder): Promise<number> {
  let valid = true;
  for (const roundTrip of options.roundTrips) {
    for (const connection of options.sessionsAre) {
      const results: Result[] = [];
      const sessions = connection === 'new' ? 'a new session for each message' : 'sessions kept';
      say(`\n## ${roundTrip} ms round trip to the relay, ${options.connections} connections with it; ${sessions}\n`);
      say(`${options.messages} messages of ${options.octets} octets, ${options.sessions} side by side.\n`);
      for (let round = 1; round <= options.rounds; round += 1) {
        for (const server of servers) {
          if (server.kind === 'ceiling' && roundTrip > 0) continue; // it never meets the relay
          const result = await contest(server, { ...options, connection, roundTrip, warmUp: WARM_UP }, lab);
          results.push(result);
          say(`round ${round}: ${told(result)}`);
        }
      }
      valid &&= results.every((result) => result.valid);
      say(`\n${table(results)}\n`);
      for (const line of ratios(results)) say(`- ${line}`);
    }
  }
  return valid ? 0 : 1;
}

function told(result: Result): string {
  const { name, messages, arrived, deliveredSeconds, cpu, others, valid } = result;
  const sent = deliveredSeconds === null ? '' : `, delivered ${deliveredRate(result).toFixed(0)}/s`;
  return (
    `${name}: accepted ${acceptedRate(result).toFixed(0)}/s${sent}, ${arrived} of ${messages} arrived, ` +
    `CPU ${((cpu / messages) * 1_000).toFixed(2)} ms/message, others ${others.toFixed(2)} cores${valid ? '' : '  INVALID'}`
  );
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
