/** The link of a command: one attempt, then either a gateway that answers or S07's advice. */
import type { Client, ClientOptions, LinkState } from '../protocol/client.ts';
import type { GatewayEvent } from '../protocol/events.ts';
import type { Hello } from '../protocol/frames.ts';
import type { Language } from '../protocol/model.ts';
import { exits, Failure } from './exits.ts';
import { type Target, targetOf } from './target.ts';
import { type Texts, texts } from './texts.ts';
import { type Globals, languageWished, type World } from './world.ts';

export interface Link {
  call: Client['call'];
  hello: Hello;
  /** The person's language, else the gateway's. */
  language: Language;
  texts: Texts;
}

/** For calls that end when other servers have answered the gateway: the gateway has the deadlines. */
export const PATIENT = { timeout: null };

/** Opens the link, lets `use` use it, and closes it. `heard` gets the events of the wanted topics meanwhile. */
export async function withLink<T>(
  world: World,
  globals: Globals,
  use: (link: Link) => Promise<T>,
  heard?: {
    topics: NonNullable<Exclude<ClientOptions['subscribe'], false>>['topics'];
    events(events: GatewayEvent[]): void;
  },
): Promise<T> {
  const target = targetOf(world, globals);
  const { createClient } = await import('../protocol/client.ts'); // only commands that need the link pay for it
  const subscribe = heard === undefined ? false : { topics: heard.topics ?? [] };
  const greeting = Promise.withResolvers<Hello>();
  const client = createClient(
    target,
    {
      state(state) {
        if (state.kind === 'live') greeting.resolve(state.hello);
        if (state.kind === 'lost') greeting.reject(unreachable(state, target, world, globals));
      },
      snapshot() {},
      events: (events) => heard?.events(events),
    },
    { reconnect: false, subscribe, user: world.user.name },
  );
  try {
    const hello = await greeting.promise;
    const language = languageWished(world, globals) ?? hello.language;
    return await use({ call: (...call) => client.call(...call), hello, language, texts: texts[language] });
  } finally {
    client.close();
  }
}

/** S07: what is wrong, and how to start it. */
export function unreachable(
  { reason, cause }: Extract<LinkState, { kind: 'lost' }>,
  { socket, home }: Target,
  world: World,
  globals: Globals,
): Failure {
  const { cannotReach, howToStart } = texts[languageWished(world, globals) ?? 'en'];
  const message = `${cannotReach(socket)} ${reason}`;
  if (cause === 'denied') return new Failure(exits.notPermitted, message);
  if (cause === 'version') return new Failure(exits.unreachable, message);

  return new Failure(exits.unreachable, `${message}\n${howToStart(home)}`);
}
