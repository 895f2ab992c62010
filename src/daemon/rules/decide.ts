/**
 * The content rules, in the order in which they stand; the first that applies decides (S78-S80). Pure.
 *
 * A rule applies when each criterion that it names holds; of the masks of one criterion any may fit. A Pass-Through rule's attachments
 * hold when there are some and each fits; an Intercept rule's when any does. A rule that names no mask applies to nothing.
 *
 * What could not be read (a header or a message past its bounds) is `unknown`: a Pass-Through rule then does not apply, an Intercept
 * rule does, in doubt. Nothing is dropped or taken apart in doubt: it goes to quarantine, where an operator sees it (I04).
 */
import type { RuleAction } from '../config/kinds/mail.ts';
import { matchesMask } from '../mail/mask.ts';
import type { Facts } from './facts.ts';
import { allFormsFit, anyFormFits } from './name.ts';
import type { FoundAttachment, Scan } from '../mail/mime/scan.ts';
import type { Rule } from './settings.ts';
import { nameOf } from './strip.ts';

export type Decision =
  /** A sentence for each rule that was considered. */
  { considered: string[] } & (
    | { is: 'nothing' }
    | { is: 'passed'; rule: Rule; why: string }
    | { is: 'intercepted'; rule: Rule; action: RuleAction; why: string }
    /** A rule's attachments matter, and nobody has looked for them yet: decide again with a scan. */
    | { is: 'open' }
  );

interface Held {
  holds: 'yes' | 'no' | 'unknown';
  why: string;
}

/** `scan` null: the message was not taken apart. */
export function decide(rules: readonly Rule[], facts: Facts, scan: Scan | null): Decision {
  const considered: string[] = [];
  for (const rule of rules) {
    const held = consider(rule, facts, scan);
    if (held === 'open') return { is: 'open', considered };

    const applies = held.holds === 'yes' || (held.holds === 'unknown' && rule.type === 'Intercept');
    considered.push(`${rule.name} (${rule.type}) ${applies ? 'applies' : 'does not apply'}: ${held.why}.`);
    if (!applies) continue;
    if (rule.type === 'Pass-Through') return { is: 'passed', rule, why: held.why, considered };
    return { is: 'intercepted', rule, action: actionOf(rule, held), why: held.why, considered };
  }
  return { is: 'nothing', considered };
}

/** Does an attachment fit the masks of an Intercept rule? One whose rule names none is any. */
export function isMeant(rule: Rule, attachment: FoundAttachment): boolean {
  return rule.attachments.length === 0 || namesOf(attachment).some((name) => anyFormFits(rule.attachments, name));
}

function actionOf(rule: Rule, { holds }: Held): RuleAction {
  const final = rule.action.does === 'drop' || rule.action.does === 'strip attachments';
  return holds === 'unknown' && final ? { does: 'quarantine' } : rule.action;
}

function consider(rule: Rule, facts: Facts, scan: Scan | null): Held | 'open' {
  const ofFields = [
    field('subject', rule.subject, facts.subjects, facts.cut),
    field('sender', rule.from, facts.from, facts.cut),
    field('recipients', rule.to, facts.to, facts.cut),
    field('header', rule.header, facts.lines, facts.cut),
  ].flatMap((held) => held ?? []);
  const wrong = ofFields.find(({ holds }) => holds === 'no');
  if (wrong !== undefined) return wrong;
  if (rule.attachments.length === 0) return together(ofFields);
  if (scan === null) return 'open';

  const attachments = rule.type === 'Pass-Through' ? eachFits(rule, scan) : anyFits(rule, scan);
  return attachments.holds === 'no' ? attachments : together([...ofFields, attachments]);
}

/** None of them is `no`. */
function together(held: Held[]): Held {
  if (held.length === 0) return { holds: 'no', why: 'it names no mask' };
  const holds = held.some((one) => one.holds === 'unknown') ? 'unknown' : 'yes';
  return { holds, why: held.map(({ why }) => why).join('; ') };
}

function field(what: string, masks: readonly string[], texts: readonly string[], cut: boolean): Held | null {
  if (masks.length === 0) return null;
  for (const text of texts) {
    const mask = masks.find((one) => matchesMask(one, text));
    if (mask !== undefined) return { holds: 'yes', why: `the ${what} fits ${mask}` };
  }
  if (cut) return { holds: 'unknown', why: `the header is too long to be read whole, so that the ${what} may fit` };
  return { holds: 'no', why: `the ${what} fits none of ${masks.join('; ')}` };
}

function anyFits(rule: Rule, scan: Scan): Held {
  const found = scan.attachments.find((attachment) => isMeant(rule, attachment));
  if (found !== undefined)
    return { holds: 'yes', why: `the attachment ${nameOf(found)} fits ${rule.attachments.join('; ')}` };
  if (scan.unreadable !== null)
    return {
      holds: 'unknown',
      why: `the message cannot be read whole (${scan.unreadable}), so that it may have such an attachment`,
    };
  if (scan.attachments.length === 0) return { holds: 'no', why: 'there is no attachment' };
  return { holds: 'no', why: `no attachment fits ${rule.attachments.join('; ')}` };
}

function eachFits(rule: Rule, scan: Scan): Held {
  if (scan.unreadable !== null)
    return { holds: 'unknown', why: `the message cannot be read whole (${scan.unreadable})` };
  if (scan.attachments.length === 0) return { holds: 'no', why: 'there is no attachment' };

  const odd = scan.attachments.find(
    (attachment) => !namesOf(attachment).every((name) => allFormsFit(rule.attachments, name)),
  );
  if (odd === undefined) return { holds: 'yes', why: `each attachment fits ${rule.attachments.join('; ')}` };
  return { holds: 'no', why: `the attachment ${nameOf(odd)} does not fit ${rule.attachments.join('; ')}` };
}

/** What has no name fits `*` alone. */
function namesOf({ names }: FoundAttachment): string[] {
  return names.length > 0 ? names : [''];
}
