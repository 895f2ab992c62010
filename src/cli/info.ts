/** `mailgate info`: versions, and where everything lies (S11); needs no daemon. */
import { join } from 'node:path';
import { PROTOCOL_VERSION } from '../protocol/frames.ts';
import type { Commands } from './commands.ts';
import { exits } from './exits.ts';
import { readVersion } from './programs.ts';
import { homeOf, iniOf, targetOf } from './target.ts';
import { type Globals, say, sayJson, type World } from './world.ts';

export function addInfo({ program, run, world }: Commands): void {
  program
    .command('info')
    .description('Versions, and where configuration, log, socket and database lie. Needs no daemon.')
    .addHelpText('after', '\nExample:\n  $ mailgate info --json')
    .action(run(async (options: Globals) => info(world, options)));
}

function info(world: World, options: Globals): number {
  const home = homeOf(world, options);
  const facts = {
    version: readVersion(),
    node: process.versions.node,
    protocol: PROTOCOL_VERSION,
    home,
    config: iniOf(home),
    log: join(home, 'Log'),
    socket: targetOf(world, options).socket,
    database: join(home, 'mailgate.db'),
    queue: join(home, 'Outgoing', 'queue.db'),
    events: join(home, 'events.db'),
    traces: ['PmgPOP3Trace.txt', 'PmgInboundSMTPTrace.txt', 'PmgOutboundSMTPTrace2.txt'].map((file) =>
      join(home, file),
    ),
  };
  if (options.json) sayJson(world, facts);
  else
    for (const [name, value] of Object.entries(facts))
      for (const line of [value].flat()) say(world, `${name.padEnd(10)}${line}`);
  return exits.done;
}
