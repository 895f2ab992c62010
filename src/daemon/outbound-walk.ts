/** The outbound walk put together: listener → queue → sender → relay, with the SMTP client and the trace given to it. */
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import type { Bus } from './base/bus.ts';
import type { Clock } from './base/clock.ts';
import { freeRoom } from './base/disk.ts';
import type { Log } from './base/log.ts';
import type { Tasks } from './base/tasks.ts';
import type { Config } from './config/config.ts';
import { createReceive } from './outbound/arrival.ts';
import { startCounts } from './outbound/counts.ts';
import { keepDamaged } from './outbound/damaged.ts';
import { createFreeze, createPause, type RestSwitch } from './outbound/freeze.ts';
import { releaseHolds } from './outbound/holds.ts';
import { openListener } from './outbound/listener.ts';
import { createOutgoingQueue, type OutgoingQueue } from './outbound/queue.ts';
import { wayName } from './outbound/relay.ts';
import { createReporter } from './outbound/reporter.ts';
import { createLeaving } from './outbound/rewrite/leaving.ts';
import { policySettings } from './outbound/rewrite/settings.ts';
import { createRoom } from './outbound/room.ts';
import { createSender, type Sender } from './outbound/sender.ts';
import { expireTrash } from './outbound/trash.ts';
import { outboundSettings } from './settings.ts';
import type { SignIns } from './signin/sign-ins.ts';
import { withToken } from './signin/with-token.ts';
import { openSmtp, type SmtpTools } from './smtp/client.ts';
import type { SmtpOpened, SmtpPeer } from './smtp/conversation.ts';
import type { Memos, Store } from './store/store.ts';
import type { Traces } from './traces/trace.ts';

export interface OutboundWalk {
  outgoing: OutgoingQueue;
  sender: Sender;
  /** What is taken stays (`Hold all`, live), and nothing is sent: switched while everything runs. */
  freeze: RestSwitch;
  pause: RestSwitch;
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
  /** Octets in the queue. */
  queued(): number;
  /** For relays that are logged in to with a token. */
  signIns: Pick<SignIns, 'tokenFor' | 'rejected'>;
}

/** Opens the port and starts the loops. A port that is taken is told, and everything else goes on (S104). */
export async function startOutboundWalk(parts: OutboundWalkParts): Promise<OutboundWalk> {
  const { config, store, tasks, bus, clock, log, queued } = parts;
  const { queue, memos } = store;
  const settings = await outboundSettings(config);
  const { sending } = settings;
  const policy = await policySettings(config);
  const { knownSender } = settings.reports;

  const outgoing = createOutgoingQueue({
    ...{ queue, bus, clock, knownSender },
    relays: () => config.relays.map(({ name }) => name),
    keepTrashDays: config.options.keepTrashDays,
  });
  const leaving = createLeaving({ settings: policy, bus, log });
  const counts = startCounts({ queue, bus, clock, log });
  const sender = createSender({
    ...{ queue, bus, clock, log, leaving, settings: sending },
    chance: Math.random,
    reporter: createReporter({ queue, bus, clock }, settings.reports),
    open: (peer, tools) => openByToken(peer, tools, parts.signIns),
    trace: (peer, to) => parts.traces.dialogue(to === 'internal server' ? 'smtp-in' : 'smtp-out', { peer: peer.host }),
    recount: counts.touch,
  });
  const freeze = await createFreeze({ memos, bus, clock, configured: config.outgoing.holdAll });
  const pause = await createPause({ memos, bus, clock, obey: (on) => (on ? sender.pause(null) : sender.resume()) });

  const { maxMessageBytes, maxQueuedBytes, folder } = settings.listener;
  const room = createRoom({
    look: () => freeRoom(dirname(folder)),
    need: ROOM_FOR_A_MESSAGE * maxMessageBytes,
    ...{ queued, maxQueuedBytes, clock, bus },
  });
  const listener = config.outgoing.enabled
    ? await openListener(settings.listener, {
        ...{ queue, bus, clock, log, room, receive: createReceive(policy) },
        hold: () => freeze.hold(),
        wayName: (entry) => wayName(entry, sending, leaving),
        loopToken: await loopToken(memos),
      })
    : null;
  tasks.run('sending', (stop) => sender.run(stop));
  tasks.run('holds', (stop) => releaseHolds({ queue, outgoing, bus, clock }, stop));
  tasks.run('trash', (stop) => expireTrash({ queue, bus, clock }, config.options.keepTrashDays, stop));
  tasks.run('freeze', (stop) => freeze.run(stop));
  tasks.run('pause', (stop) => pause.run(stop));
  tasks.run('damaged', (stop) =>
    keepDamaged({ queue, bus, clock, log, onDamaged: (listen) => store.onDamaged(listen) }, stop),
  );

  return {
    ...{ outgoing, sender, freeze, pause },
    stopListening: async () => await listener?.close(),
    close: async () => {
      room.close();
      await counts.close();
    },
  };
}

/** I10: its body, and what the journal needs for it. */
const ROOM_FOR_A_MESSAGE = 1.5;

/** By which the gateway knows its own Received fields when a message comes back to it (CLI24, I22): made once for this home. */
async function loopToken(memos: Memos): Promise<string> {
  const known = await memos.get('loop.token');
  if (known !== null) return known;
  const made = randomBytes(16).toString('hex');
  await memos.put('loop.token', made);
  return made;
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
