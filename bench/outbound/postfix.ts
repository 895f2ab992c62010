/** A private Postfix: as it is shipped, but for what a benchmark on one machine needs (no look-ups, no limit on one client). */
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { listening, startChild } from '../processes.ts';
import type { Ground, Server } from './servers.ts';

export const postfix: Server = {
  name: 'Postfix',
  kind: 'peer',
  most: Number.POSITIVE_INFINITY,
  async start({ folder, port, relay, connections }) {
    const configuration = join(folder, 'etc');
    for (const part of ['etc', 'data', 'queue', 'log']) await mkdir(join(folder, part), { mode: 0o755 });
    await chown(join(folder, 'data'), idOf('postfix'), idOf('postfix', 'group'));
    await writeFile(join(configuration, 'main.cf'), mainText(folder, { relay, connections }));
    await writeFile(join(configuration, 'master.cf'), masterText(port));

    const child = await startChild(['postfix', '-c', configuration, 'start-fg'], { logFile: join(folder, 'out') });
    // The child is a shell: its end alone would leave the master running.
    await using parts = new AsyncDisposableStack();
    parts.use(child);
    parts.defer(async () => {
      const stop = await startChild(['postfix', '-c', configuration, 'stop'], { logFile: join(folder, 'stop.out') });
      await stop.ended;
    });
    await listening(port, child);
    const master = Number(await readFile(join(folder, 'queue/pid/master.pid'), 'utf8'));
    const owned = parts.move();
    return { pids: [child.pid, master], [Symbol.asyncDispose]: () => owned.disposeAsync() };
  },
};

const idOf = (name: string, database: 'passwd' | 'group' = 'passwd'): number =>
  Number(execFileSync('getent', [database, name], { encoding: 'utf8' }).split(':')[2]);

function mainText(folder: string, { relay, connections }: Pick<Ground, 'relay' | 'connections'>): string {
  return `compatibility_level = 3.6
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
queue_directory = ${folder}/queue
data_directory = ${folder}/data
mail_owner = postfix
setgid_group = postdrop
maillog_file = ${folder}/log/mail.log
maillog_file_prefixes = ${folder}
myhostname = bench.test
mydestination =
local_transport = error:none
local_recipient_maps =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
disable_dns_lookups = yes
relayhost = [127.0.0.1]:${relay}
smtp_destination_concurrency_limit = ${connections}
`;
}

function masterText(port: number): string {
  return `${port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`;
}
