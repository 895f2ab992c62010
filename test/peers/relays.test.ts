/** Real programs as the relay that we send through: Postfix, and Exim; both with envelopes that leave behind the last message's dot. */
import { chown, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test, vi } from 'vitest';
import { freePort } from '../kit/ports.ts';
import { startPostfix } from '../kit/postfix.ts';
import { run } from '../kit/process.ts';
import { peersInstalled } from '../kit/require.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { startServer } from '../kit/server.ts';
import { startSending } from '../outbound/sending.ts';
import { openWorld, peerAt, sendingSettings, type World } from '../outbound/world.ts';

vi.setConfig({ testTimeout: 240_000 }); // real servers beside other tests, on a slow machine

const MESSAGES = 120;
const DOTS = 'a dot:\r\n.\r\n..and two\r\n';

async function fill(world: World): Promise<void> {
  for (let n = 0; n < MESSAGES; n += 1) {
    const body = `Subject: message-${n}\r\n\r\n${DOTS}`;
    await world.put({ to: [`anna${n}@kunde.example`, 'gone@kunde.example'], sender: 'stranger@pytheas.com', body });
  }
}

/** One relay, two connections: every message but the first overlaps with another. */
async function sendAll(world: World, port: number): Promise<void> {
  await using sending = startSending(world, sendingSettings(peerAt(port)));
  await sending.sender.idle();
  expect(world.of('transfer.deferred')).toEqual([]);
  expect(world.of('transfer.sent').map(({ recipients }) => recipients.length)).toEqual(Array(MESSAGES).fill(1));
  expect(world.of('transfer.failed').flatMap(({ recipients }) => recipients.map(({ address }) => address))).toEqual(
    Array(MESSAGES).fill('gone@kunde.example'),
  );
  expect(world.of('transfer.connected').length).toBeLessThanOrEqual(4); // a conversation takes a hundred
  expect(await world.entries()).toEqual([]);
  expect(sending.crashes).toEqual([]);
}

const wanted = Array.from({ length: MESSAGES }, (_, n) => n);

describe.runIf(peersInstalled(['postfix']))('Postfix as the relay', () => {
  test('S107, REL07: takes each message once, octet for octet, and its refusals are each recipient’s own', async () => {
    await using world = await openWorld();
    await using relay = await startPostfix({ mode: 'relay', rejectRecipients: ['gone@kunde.example'] });
    await fill(world);
    await sendAll(world, relay.port);
    const delivered = await relay.delivered(MESSAGES);
    expect(delivered.map(({ content }) => numberIn(content)).toSorted((a, b) => a - b)).toEqual(wanted);
    expect(delivered.every(({ content }) => content.toString().endsWith(`\r\n\r\n${DOTS}`))).toBe(true);
  });
});

describe.runIf(peersInstalled(['exim']))('Exim as the relay', () => {
  test('S107, REL07: takes each message once, octet for octet, and its refusals are each recipient’s own', async () => {
    await using world = await openWorld();
    await using scratch = await scratchFolder('exim-relay');
    await using relay = await startExim(scratch.path);
    await fill(world);
    await sendAll(world, relay.port);
    const kept = await relay.kept();
    expect(kept.map(({ header }) => numberIn(header)).toSorted((a, b) => a - b)).toEqual(wanted);
    // Exim keeps a body with LF, behind a line with its name.
    expect(new Set(kept.map(({ body }) => body.slice(body.indexOf('\n') + 1)))).toEqual(
      new Set([DOTS.replaceAll('\r\n', '\n')]),
    );
  });
});

const numberIn = (text: Buffer | string): number => Number(/Subject: message-(\d+)/.exec(String(text))?.[1]);

/** It takes what comes, but for one recipient, and keeps it. */
async function startExim(folder: string) {
  const port = await freePort();
  const program = (await run(['sh', '-c', 'command -v exim4'])).output.trim();
  for (const part of ['spool', 'log']) {
    await mkdir(`${folder}/${part}`, { mode: 0o755 });
    await chown(`${folder}/${part}`, NOBODY, NOGROUP);
  }
  const configuration = `${folder}/exim.conf`;
  await writeFile(configuration, eximText(program, folder, port), { mode: 0o644 });
  const logFile = `${folder}/log/main`;
  const server = await startServer({
    name: 'Exim',
    command: [program, '-C', configuration, '-bdf'],
    ports: [port],
    logFile,
  });
  return {
    port,
    async kept() {
      const input = `${folder}/spool/input`;
      const names = (await readdir(input)).filter((name) => name.endsWith('-H'));
      const read = async (name: string) => ({
        header: await readFile(`${input}/${name}`, 'latin1'),
        body: await readFile(`${input}/${name.replace(/-H$/, '-D')}`, 'latin1'),
      });
      return await Promise.all(names.map(read));
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

/** Debian's numbers of nobody and nogroup. */
const NOBODY = 65_534;
const NOGROUP = 65_534;

function eximText(program: string, folder: string, port: number): string {
  return `primary_hostname = exim.test
exim_path = ${program}
exim_user = nobody
exim_group = nogroup
spool_directory = ${folder}/spool
log_file_path = ${folder}/log/%s
pid_file_path = ${folder}/exim.pid
daemon_smtp_ports = ${port}
local_interfaces = 127.0.0.1
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts =
pipelining_advertise_hosts = *
smtp_enforce_sync = true
queue_only = true
keep_environment =
acl_smtp_rcpt = known
begin acl
known:
  deny local_parts = gone
       message = No such user here
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
begin retry
* * F,1h,1m
`;
}
