/** MailGate as its users run it, for outgoing mail only. */
import { basename, join } from 'node:path';
import { command, startDaemon } from '../gateway.ts';
import { run } from '../processes.ts';
import { type Ground, running, type Server } from './servers.ts';

export function mailgate(program: string, name = 'MailGate'): Server {
  return {
    name,
    kind: 'MailGate',
    most: Number.POSITIVE_INFINITY,
    async start(ground) {
      const home = join(ground.folder, 'home');
      return running(await startDaemon({ program, home, configuration: configurationText(ground) }));
    },
  };
}

/** With the name of its folder where there are several. */
export function mailgates(programs: readonly string[]): Server[] {
  return programs.map((program) =>
    programs.length > 1 ? mailgate(program, `MailGate in ${basename(program)}`) : mailgate(program),
  );
}

/** `holdAll`: what it takes stays in the queue. */
export function configurationText(
  { port, relay, connections }: Omit<Ground, 'folder'>,
  { holdAll = false }: { holdAll?: boolean } = {},
): string {
  return [
    ...['[Options]', 'Poll every minutes=0'],
    ...['[Outgoing mail]', 'Listen on IP address=127.0.0.1', `Listen on port=${port}`, `Hold all=${holdAll ? 1 : 0}`],
    ...['[Relay]', 'Host=127.0.0.1', `Port=${relay}`, 'Security=none', 'Authentication=none'],
    ...[`Connections=${connections}`, ''],
  ].join('\n');
}

/** `mailgate queue release --all`: resolves when all that was held is due. */
export async function releaseAll(gateway: { program: string; home: string }): Promise<void> {
  await run(command(gateway, 'queue', 'release', '--all', '--yes'), join(gateway.home, 'release.out'));
}
