/** `mailgate tail`: events as they come, as log lines or JSON; those of the past first, when asked for. */
import type { GatewayEvent, Topic } from '../protocol/events.ts';
import { linesOf } from '../protocol/lines.ts';
import type { Language } from '../protocol/model.ts';
import { type Commands, oneOrMore } from './commands.ts';
import { exits, Failure } from './exits.ts';
import { type Link, unreachable, withLink } from './link.ts';
import { targetOf } from './target.ts';
import { texts } from './texts.ts';
import { type Globals, red, remark, sayJson, type World } from './world.ts';

interface TailOptions extends Globals {
  since?: string;
  /** commander's name for what `--no-follow` switches off. */
  follow: boolean;
  topic?: Topic[];
}

const TOPICS = ['session', 'queue', 'transfer', 'trace', 'alert', 'audit'] as const satisfies readonly Topic[];
const DURATION = /^(\d+(?:\.\d+)?)([smhd])$/i;
const PAGE = 1_000;

export function addTail({ program, run, world }: Commands): void {
  program
    .command('tail')
    .description('Follows the events of the gateway: the lines of the log, or JSON.')
    .option(
      '--since <seq|time>',
      'first those after this number (0: all that the ring has), or from this time on (10:30, 2h, 2026-11-24T10:00)',
    )
    .option('--no-follow', 'up to now, then the end')
    .addOption(oneOrMore('--topic <topic>', `only these: ${TOPICS.join(', ')}`, TOPICS))
    .addHelpText('after', '\nExample:\n  $ mailgate tail --since 2h --topic queue,transfer')
    .action(run((options: TailOptions) => tail(world, options)));
}

async function tail(world: World, options: TailOptions): Promise<number> {
  const { follow, topic } = options;
  const since = sinceOf(options.since ?? (follow ? undefined : '0'), Date.now());
  const { last, language } = await withLink(world, options, async (link) => {
    const print = printer(world, options, link.language);
    return { last: since === null ? link.hello.seq : await past(link, since, topic, print), language: link.language };
  });
  if (!follow) return exits.done;

  return await followed(world, options, last, language);
}

/** Prints what the ring has, and says after which event to go on. */
async function past(
  { call }: Link,
  since: number | string,
  topics: Topic[] | undefined,
  print: (events: GatewayEvent[]) => void,
): Promise<number> {
  for (let from = since; ; ) {
    const { events, last, more } = await call('events.read', {
      since: from,
      limit: PAGE,
      ...(topics ? { topics } : {}),
    });
    print(events);
    if (!more) return last;
    from = last;
  }
}

/** Goes on for ever, through restarts of the daemon; rejects when the link can never come back. */
async function followed(world: World, options: TailOptions, since: number, language: Language): Promise<number> {
  const { createClient } = await import('../protocol/client.ts');
  const target = targetOf(world, options);
  const print = printer(world, options, language);
  const say = texts[language];
  let told = false;
  return await new Promise<number>((_resolve, reject) => {
    const client = createClient(
      target,
      {
        state(state) {
          if (state.kind === 'live') told = false;
          if (state.kind !== 'lost') return;
          if (state.retryAt === null) return reject(unreachable(state, target, world, options));
          if (!told) remark(world, say.lost(state.reason));
          told = true;
        },
        snapshot: () => remark(world, say.missed),
        events(events) {
          print(events);
          if (world.stdout.writableLength === 0) return;
          client.pause(); // a pager that is not read stops the link, not our memory
          world.stdout.once('drain', () => client.resume());
        },
      },
      { subscribe: { since, ...(options.topic ? { topics: options.topic } : {}) }, user: world.user.name },
    );
  });
}

function printer(world: World, { json }: TailOptions, language: Language): (events: GatewayEvent[]) => void {
  if (json) return (events) => events.forEach((event) => sayJson(world, event));
  return (events) => {
    const lines = events.flatMap((event) => linesOf(event, language));
    for (const line of lines) world.stdout.write(`${line.includes('*** ') ? red(world, line) : line}\n`);
  };
}

/** A number of an event, an instant, a time of today, or a time ago; null when nothing was asked for. */
export function sinceOf(text: string | undefined, now: number): number | string | null {
  if (text === undefined) return null;
  if (/^\d+$/.test(text)) return Number(text);

  const [, digits, unit] = DURATION.exec(text) ?? [];
  if (digits !== undefined && unit !== undefined) {
    const seconds = { s: 1, m: 60, h: 3_600, d: 86_400 }[unit.toLowerCase()] ?? 1;
    return new Date(now - Number(digits) * seconds * 1_000).toISOString();
  }
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hour !== undefined) return new Date(new Date(now).setHours(Number(hour), Number(minute), 0, 0)).toISOString();

  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at))
    throw new Failure(
      exits.usage,
      `--since: expected an event's number, a time like 10:30 or 2026-11-24T10:00, or 2h, found "${text}".`,
    );
  return new Date(at).toISOString();
}
