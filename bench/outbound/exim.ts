/**
 * A private Exim that delivers each message at once, in a process of its own. Debian's package and Postfix's exclude one
 * another, so that it may be one that was only unpacked somewhere. In a PID namespace of its own, of which it is the first
 * process: its deliveries leave their parents, and their CPU time would be nobody's.
 */
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listening, startChild } from '../processes.ts';
import type { Ground, Server } from './servers.ts';

/** It takes some twenty messages a second: three programs are started for each, and a session ends 200 ms after its QUIT. */
const MOST = 200;

export function exim(program: string): Server {
  return {
    name: 'Exim',
    kind: 'peer',
    most: MOST,
    async start(ground) {
      const { folder, port } = ground;
      const [, , uid, gid] = execFileSync('getent', ['passwd', EXIM_USER], { encoding: 'utf8' }).split(':').map(Number);
      for (const part of ['spool', 'log']) {
        await mkdir(join(folder, part), { mode: 0o755 });
        await chown(join(folder, part), uid ?? 0, gid ?? 0);
      }
      const configuration = join(folder, 'exim.conf');
      await writeFile(configuration, configurationText(program, ground));

      const alone = ['unshare', '--pid', '--fork'] as const;
      const child = await startChild([...alone, program, '-C', configuration, '-bdf', '-q10s'], {
        logFile: join(folder, 'out'),
      });
      await listening(port, child);
      const [first] = (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'latin1'))
        .split(' ')
        .map(Number);
      return {
        pids: [child.pid],
        async [Symbol.asyncDispose]() {
          // With the first process of the namespace all of it ends. unshare cannot see to that: who changes his user is free of it.
          if (first !== undefined && existsSync(`/proc/${first}`)) process.kill(first, 'SIGKILL');
          await child.stop();
        },
      };
    },
  };
}

/** Whom Debian's Exim runs as. */
export const EXIM_USER = 'Debian-exim';

function configurationText(program: string, { folder, port, relay }: Ground): string {
  return `primary_hostname = bench.test
exim_path = ${program}
spool_directory = ${folder}/spool
log_file_path = ${folder}/log/%s
pid_file_path = ${folder}/exim.pid
daemon_smtp_ports = ${port}
local_interfaces = 127.0.0.1
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts =
acl_smtp_rcpt = anybody
smtp_accept_max = 200
smtp_accept_queue_per_connection = 0
split_spool_directory = true
queue_run_max = 5
keep_environment =
begin acl
anybody:
  accept
begin routers
hub:
  driver = manualroute
  domains = *
  transport = out
  route_list = * 127.0.0.1
  self = send
begin transports
out:
  driver = smtp
  port = ${relay}
  allow_localhost
  hosts_try_dane =
begin retry
* * F,1h,1m
`;
}
