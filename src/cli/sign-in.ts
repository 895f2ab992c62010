/** `mailgate sign-in`: the OAuth2 sign-in of an account or a relay (G06): shows where to go, and waits, or takes the address where it ended. */
import type { ResultOf } from '../protocol/commands.ts';
import { formatClock } from '../protocol/lines.ts';
import { asking } from './asking.ts';
import type { Commands } from './commands.ts';
import { exits } from './exits.ts';
import { type Link, PATIENT, withLink } from './link.ts';
import { showing } from './progress.ts';
import { watchingTexts } from './texts/watching.ts';
import { type Globals, say, sayJson, type World } from './world.ts';

type Ended = ResultOf<'signin.wait'>;

export function addSignIn({ program, run, world }: Commands): void {
  program
    .command('sign-in')
    .description('Signs a POP3 account or a relay in by OAuth2: open a page anywhere, type a code; it waits.')
    .argument('<subject>', 'the name of a POP3 account or of a relay')
    .option('--address <url>', 'the address at which the page of a sign-in by browser has ended')
    .option('--forget', 'forget its tokens instead')
    .addHelpText('after', '\nExample:\n  $ mailgate sign-in sales')
    .action(
      run((subject: string, options: Globals & { forget?: boolean; address?: string }) => {
        if (options.forget) return forget(world, subject, options);
        return options.address === undefined
          ? signIn(world, subject, options)
          : broughtBack(world, subject, options.address, options);
      }),
    );
}

function signIn(world: World, subject: string, options: Globals): Promise<number> {
  return withLink(world, options, async (link) => {
    const own = watchingTexts[link.language];
    const begun = await link.call('signin.start', { subject }, PATIENT);
    if (options.json) sayJson(world, begun);
    else for (const line of invitation(begun, link)) say(world, line);

    const ended = await showing(world, own.waiting, untilSignedIn(world, link, subject));
    const { signedIn, user, why } = ended;
    if (options.json) sayJson(world, ended);
    else say(world, signedIn ? own.signedIn(subject, user) : own.notSignedIn(subject, why));
    return signedIn ? exits.done : exits.errors;
  });
}

/** The end of a sign-in by browser that waits, here or on the screen. The address may be seen: its code is worth nothing without the daemon's own part (PKCE). */
function broughtBack(world: World, subject: string, address: string, options: Globals): Promise<number> {
  return asking(world, options, {
    ask: ({ call }) => call('signin.answer', { subject, address }, PATIENT),
    lines: ({ signedIn, user, why }, { language }) => {
      const own = watchingTexts[language];
      return [signedIn ? own.signedIn(subject, user) : own.notSignedIn(subject, why)];
    },
    code: ({ signedIn }) => (signedIn ? exits.done : exits.errors),
  });
}

function invitation(begun: ResultOf<'signin.start'>, { language }: Link): string[] {
  const { by, subject, verificationUri, verificationUriComplete, userCode, expiresAt } = begun;
  const own = watchingTexts[language];
  const whole = verificationUriComplete === null ? [] : [`  (${verificationUriComplete})`];
  if (by === 'browser')
    return [own.goTo(verificationUri), ...own.bringBack(subject), own.until(formatClock(expiresAt))];
  return [own.goTo(verificationUri), ...whole, own.typeCode(userCode), own.until(formatClock(expiresAt))];
}

/** Ctrl-C takes the sign-in back, so that nobody can finish it unseen; pressed again, it ends the program at once. */
async function untilSignedIn(world: World, { call, language }: Link, subject: string): Promise<Ended> {
  const pressed = Promise.withResolvers<void>();
  using _handler = world.onInterrupt(() => pressed.resolve());
  const givenUp = pressed.promise.then(async (): Promise<Ended> => {
    await call('signin.cancel', { subject });
    return { signedIn: false, user: null, why: watchingTexts[language].cancelled };
  });
  return await Promise.race([call('signin.wait', { subject }, PATIENT), givenUp]);
}

function forget(world: World, subject: string, options: Globals): Promise<number> {
  return asking(world, options, {
    ask: ({ call }) => call('signin.forget', { subject }),
    lines: ({ forgotten }, { language }) => {
      const own = watchingTexts[language];
      return [forgotten ? own.forgotten(subject) : own.nothingToForget(subject)];
    },
  });
}
