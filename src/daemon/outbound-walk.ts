/** The outbound walk put together: listener → queue → sender → relay, with the SMTP client and the trace given to it. */
import type { Bus } from './base/bus.ts';
import type { Clock } from './base/clock.ts';
import type { Log } from './base/log.ts';
import type { Tasks } from './base/tasks.ts';
import type { Config } from './config/config.ts';
import { startCounts } from './outbound/counts.ts';
import { releaseHolds } from './outbound/holds.ts';
import { openListener } from './outbound/listener.ts';
import { createOutgoingQueue, type OutgoingQueue } from './outbound/queue.ts';
import { createReporter } from './outbound/reporter.ts';
import { createSender, type Sender } from './outbound/sender.ts';
import { outboundSettings } from './settings.ts';
import type { SignIns } from './signin/sign-ins.ts';
import { withToken } from './signin/with-token.ts';
import { openSmtp, type SmtpTools } from './smtp/client.ts';
import type { SmtpOpened, SmtpPeer } from './smtp/conversation.ts';
import type { Store } from './store/store.ts';
import type { Traces } from './traces/trace.ts';

export interface OutboundWalk {
  outgoing: OutgoingQueue;
  sender: Sender;
  /** No new mail is taken; resolves when the last clients are gone. */
  stopListening(): Promise<void>;
  close(): Promise<void>;
}

export interface OutboundWalkParts {
  config: Config;
  store: Store;
  traces: Traces;
  tasks: Tasks;
  bus: Bus;
  clock: Clock;
  log: Log;
  /** For relays that are logged in to with a token. */
  signIns: Pick<SignIns, 'tokenFor' | 'rejected'>;
}

/** Opens the port and starts the loops. A port that is taken is told, and everything else goes on (S104). */
export async function startOutboundWalk(parts: OutboundWalkParts): Promise<OutboundWalk> {
  const { config, tasks, bus, clock, log } = parts;
  const { queue } = parts.store;
  const settings = await outboundSettings(config);

  const outgoing = createOutgoingQueue({ queue, bus, clock });
  const counts = startCounts({ queue, bus, clock, log });
  const sender = createSender({
    ...{ queue, bus, clock, log, settings: settings.sending },
    chance: Math.random,
    reporter: createReporter({ queue, bus, clock }, settings.reports),
    open: (peer, tools) => openByToken(peer, tools, parts.signIns),
    trace: (peer, to) => parts.traces.dialogue(to === 'relay' ? 'smtp-out' : 'smtp-in', { peer: peer.host }),
    recount: counts.touch,
  });

  const listener = config.outgoing.enabled ? await openListener(settings.listener, { queue, bus, clock, log }) : null;
  tasks.run('sending', (stop) => sender.run(stop));
  tasks.run('holds', (stop) => releaseHolds({ queue, outgoing, bus, clock }, stop));

  return {
    outgoing,
    sender,
    stopListening: async () => await listener?.close(),
    close: () => counts.close(),
  };
}

/** A login by token has one put in place of its password when the conversation is opened (G06). */
async function openByToken(
  peer: SmtpPeer,
  tools: SmtpTools,
  signIns: OutboundWalkParts['signIns'],
): Promise<SmtpOpened> {
  const { login } = peer;
  if (login?.tokenOf === undefined) return await openSmtp(peer, tools);
  return await withToken<SmtpOpened>(
    signIns,
    login.tokenOf,
    {
      open: (password) => openSmtp({ ...peer, login: { ...login, password } }, tools),
      refused: (opened) => !opened.ok && opened.failure.kind === 'login',
      without: ({ kind, message }) => ({
        ok: false,
        failure: { kind: kind === 'temporary' ? 'unreachable' : kind, message, reply: null },
      }),
    },
    tools.stop,
  );
}
