/** The dry run of the content rules (S81): what would become of a message, and what each rule says of it. Nothing is delivered, kept or changed. */
import { LONGEST_HEADER_BLOCK } from '../base/limits.ts';
import type { Body } from '../mail/body.ts';
import { readHeader } from '../mail/header-block.ts';
import { type CheckTools, createContentCheck, decideOn } from './check.ts';
import { headerBlockOf } from '../mail/mime/fields.ts';
import type { ContentSettings, RefusalSettings } from './settings.ts';
import { spamRefusalInWords } from './spam-refusal.ts';
import { nameOf } from './strip.ts';
import { createParser } from './thread.ts';
import { SCANNER } from './verdict.ts';

export interface Tried {
  verdict: 'pass' | 'intercept';
  /** The rule that decided; `[Scanner]` or `[SpamAssassin]` where one of them did; empty for none. */
  rule: string;
  /** What would be done: `quarantine`, `drop`, `redirect ADDRESS`, `strip attachments`; empty when it passes.
   *  `wait`: somebody could not say, and the message would stay on the POP3 server. */
  action: string;
  why: string;
  /** The names of the attachments as they are told to people. */
  attachments: string[];
  /** A sentence for each rule, in order, up to the one that decided; then what would be changed; last whether refusals as spam are
   *  recognised (S77). */
  considered: string[];
}

export interface Trial {
  body: Body;
  account: string;
  /** Whom routing would give; masks of `To` look at To and Cc as well. */
  recipients: string[];
  /** The scanner and SpamAssassin are asked as well. */
  external: boolean;
  /** Which refusals of the internal server mean spam. */
  refusals: RefusalSettings;
}

export async function tryRules(
  settings: ContentSettings,
  trial: Trial,
  given: Omit<CheckTools, 'alerts'>,
  stop: AbortSignal,
): Promise<Tried> {
  const tools = { ...given, alerts: NO_ALERTS };
  const headerOctets = headerBlockOf(await beginningOf(trial.body));
  const header = readHeader(headerOctets);
  const message = { ...trial, headerOctets, header };
  await using parser = createParser(tools);

  const decided = await decideOn(settings.rules, message, parser, stop);
  // Its attachments are told in any case: who tries rules wants to see what a rule would see.
  const parsed =
    decided.ok && decided.scan !== null
      ? { ok: true as const, scan: decided.scan }
      : await parser.scan(trial.body, stop);
  const refusals = spamRefusalInWords(trial.refusals);
  const attachments = parsed.ok ? parsed.scan.attachments.map(nameOf) : [];
  if (!decided.ok)
    return { verdict: 'intercept', rule: '', action: 'wait', why: decided.why, attachments, considered: [refusals] };

  const { decision } = decided;
  const { considered } = decision;
  const own = { attachments, considered: [...considered, refusals] };
  const rule = decision.is === 'intercepted' || decision.is === 'passed' ? decision.rule.name : '';
  const why = decision.is === 'intercepted' || decision.is === 'passed' ? decision.why : 'no rule applies';
  const ends =
    decision.is === 'intercepted' &&
    decision.action.does !== 'redirect' &&
    decision.action.does !== 'strip attachments';
  if (ends || !trial.external) {
    if (decision.is !== 'intercepted') return { verdict: 'pass', rule, action: '', why, ...own };
    return { verdict: 'intercept', rule, action: inWords(decision.action), why, ...own };
  }

  await using check = createContentCheck(settings, tools);
  const verdict = await check.examine(message, stop);
  switch (verdict.does) {
    case 'wait':
      return { verdict: 'intercept', rule: SCANNER, action: 'wait', why: verdict.why, ...own };
    case 'quarantine':
    case 'drop':
      return { verdict: 'intercept', rule: verdict.rule, action: verdict.does, why: verdict.why, ...own };
    case 'redirect':
    case 'pass': {
      const told = { ...own, considered: [...considered, ...verdict.changes, refusals] };
      if (decision.is !== 'intercepted') return { verdict: 'pass', rule, action: '', why, ...told };
      return { verdict: 'intercept', rule, action: inWords(decision.action), why, ...told };
    }
  }
}

/** What is tried out concerns nobody else. */
const NO_ALERTS = { raise() {}, clear() {} };

function inWords(action: { does: string; to?: string }): string {
  return action.to === undefined ? action.does : `${action.does} ${action.to}`;
}

async function beginningOf(body: Body): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let octets = 0;
  for await (const chunk of body.chunks()) {
    pieces.push(chunk.subarray(0, LONGEST_HEADER_BLOCK - octets));
    octets += chunk.length;
    if (octets >= LONGEST_HEADER_BLOCK) break;
  }
  return Buffer.concat(pieces);
}
