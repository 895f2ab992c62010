/** Says a login and reads its outcome. */
import { type Duration, minutes } from '../base/clock.ts';
import type { Capabilities } from './capabilities.ts';
import type { Conversation, Line, ReplyOptions } from './conversation.ts';
import { nonsense, refusal } from './failure.ts';
import type { Pop3Failure, Pop3Server, Xoauth2Form } from './mailbox.ts';
import type { Reply } from './reader.ts';
import { chooseMechanism, concealer, loginSteps, refusesForm, type Step, xoauth2FormFor } from './sasl.ts';

/** Many servers open and count the mailbox before they answer to the password, and slow down after a wrong one. */
const LOGIN: Duration = minutes(2);

/** Null: logged in. A form: the server did not look at the token because of how it was said, which it may like better so. */
export async function logIn(
  conversation: Conversation,
  server: Pop3Server,
  { greeting, capabilities }: { readonly greeting: string; readonly capabilities: Capabilities },
): Promise<Pop3Failure | Xoauth2Form | null> {
  const mechanism = chooseMechanism(server.authentication, capabilities, conversation);
  const secret = server.password.reveal();
  const steps = loginSteps(mechanism, { user: server.user, secret }, greeting, xoauth2FormFor(server));
  if (!Array.isArray(steps)) return steps;

  const conceal = concealer(steps, secret);
  const challenges = mechanism !== 'user' && mechanism !== 'apop';
  const phase = { is: 'login', codes: capabilities.authCodes, delay: capabilities.loginDelay } as const;
  for (const step of steps) {
    const reply = await take(conversation, step, { within: LOGIN, challenges, conceal });
    if (reply === null) return conversation.failure;
    if (reply.is === 'refused') {
      const inOneLine = mechanism === 'xoauth2' && steps.length === 1;
      return inOneLine && refusesForm(reply.line) ? 'in two steps' : refusal(reply.line, phase);
    }
    if ((reply.is === 'challenge') !== (step.then === 'challenge')) {
      return nonsense(`The POP3 server answered "${reply.line}" in the middle of the login`);
    }
  }
  return null;
}

async function take(conversation: Conversation, step: Step, options: ReplyOptions): Promise<Reply | null> {
  let reply = await say(conversation, step, options);
  const forResponse = reply?.is === 'challenge' && /^\+ *$/.test(reply.line) && step.then === 'ok';
  if (forResponse && step.ifAskedForResponse !== undefined) {
    reply = await say(conversation, step.ifAskedForResponse, options);
  }
  if (reply?.is !== 'challenge' || step.then === 'challenge' || step.ifAsked === undefined) return reply;

  return await say(conversation, step.ifAsked, options);
}

async function say(
  conversation: Conversation,
  { say: line, shown }: Line,
  options: ReplyOptions,
): Promise<Reply | null> {
  conversation.say([{ say: line, shown }]);
  return await conversation.reply(`the reply to ${shown === '' ? 'an empty line' : shown}`, options);
}
