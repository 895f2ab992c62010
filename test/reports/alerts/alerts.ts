/** Alerts on the world of the reports: a webhook on loopback that keeps what it is told, and the post that tells it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AlertPost, openAlertPost } from '../../../src/daemon/reports/alerts/alert-post.ts';
import type { Alert } from '../../../src/daemon/reports/alerts/alert.ts';
import type { AlertSettings } from '../../../src/daemon/reports/settings.ts';
import { until } from '../../kit/until.ts';
import { keptLog, type ReportsWorld } from '../world.ts';

export interface Hook extends AsyncDisposable {
  readonly url: string;
  /** Bodies of POSTs, parsed; of other requests the path. */
  readonly told: Alert[];
  readonly asked: string[];
  /** What it answers; 0: it does not answer at all. */
  status: number;
  heard(count: number): Promise<Alert[]>;
}

export async function startHook(): Promise<Hook> {
  const told: Alert[] = [];
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
    request.on('end', () => {
      asked.push(`${request.method} ${request.url}`);
      if (hook.status === 0) return;
      if (hook.status === 200 && request.method === 'POST') told.push(JSON.parse(body) as Alert);
      response.writeHead(hook.status, hook.status === 302 ? { location: '/elsewhere' } : {}).end('thank you');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const hook: Hook = {
    url: `http://127.0.0.1:${port}/hook/T0KEN-canary`,
    told,
    asked,
    status: 200,
    heard: async (count) =>
      await until(`${count} alerts`, () => (told.length >= count ? told : undefined), {
        otherwise: () => JSON.stringify(told),
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return hook;
}

export interface RunningPost extends AsyncDisposable {
  post: AlertPost;
  said: string[];
  close(): Promise<void>;
}

export async function startPost(world: ReportsWorld, differing: Partial<AlertSettings>): Promise<RunningPost> {
  const log = keptLog();
  const settings: AlertSettings = {
    ...{ gatewayName: 'gw.company.com', language: 'en', command: null, webhook: null, syslog: null },
    ...differing,
  };
  const { bus, store } = world.run;
  const post = await openAlertPost(settings, { bus, clock: world.clock, log, memos: store.memos });
  let closing: Promise<void> | null = null;
  const close = () => {
    closing ??= post.close();
    return closing;
  };
  return { post, said: log.said, close, [Symbol.asyncDispose]: close };
}
