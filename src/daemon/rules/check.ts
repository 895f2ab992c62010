/**
 * The look into each fetched message before it is handed over: the content rules first, then the scanner, then SpamAssassin (S78-S81).
 * A Pass-Through rule ends the rules, not the others: whoever lets documents by still wants them scanned. The scanner and SpamAssassin
 * see the message as it will leave, without the attachments that a rule has taken out.
 */
import type { Alerts } from '../base/alerts.ts';
import type { Clock } from '../base/clock.ts';
import { LONGEST_HEADER_BLOCK } from '../base/limits.ts';
import type { Log } from '../base/log.ts';
import { readHeader } from '../mail/header-block.ts';
import { envelopeSender } from '../mail/message.ts';
import { type Decision, decide, isMeant } from './decide.ts';
import { editedBody, editedOctets, type Edit } from '../mail/mime/edited-body.ts';
import { factsOf } from './facts.ts';
import { headerBlockOf } from '../mail/mime/fields.ts';
import { type Environment, runScanner } from './program.ts';
import type { Scan } from '../mail/mime/scan.ts';
import type { ContentSettings, Rule } from './settings.ts';
import { createSpamFilter, type SpamFilter } from './spam.ts';
import { strip } from './strip.ts';
import { tagEdits } from './tag.ts';
import { createParser, type Parser } from './thread.ts';
import { type ContentCheck, type Examined, SCANNER, SPAM_ASSASSIN, type Verdict } from './verdict.ts';

export interface CheckTools {
  clock: Clock;
  log: Log;
  alerts: Alerts;
  /** The gateway's own; the scanner gets a few names of it. */
  environment: Environment;
}

/** A message on its way through the checks. */
type Course = Pick<Examined, 'body' | 'headerOctets'> & {
  changes: string[];
  redirected: { to: string; rule: string; why: string } | null;
  why: string;
};

type Step = { ends: Verdict } | { goesOn: Course };

export function createContentCheck(settings: ContentSettings, tools: CheckTools): ContentCheck {
  const { rules, scanner, spam } = settings;
  const parser = createParser(tools);
  const filter = spam === null ? null : createSpamFilter(spam, tools);

  return {
    active: rules.length > 0 || scanner !== null || spam !== null,

    async examine(message, stop) {
      const ruled = await applyRules(settings, message, parser, stop);
      if ('ends' in ruled) return ruled.ends;
      const scanned = scanner === null ? ruled : await applyScanner(settings, message, ruled.goesOn, tools, stop);
      if ('ends' in scanned) return scanned.ends;
      const judged = filter === null ? scanned : await applySpamFilter(settings, scanned.goesOn, filter, stop);
      if ('ends' in judged) return judged.ends;
      return verdictOf(judged.goesOn);
    },

    [Symbol.asyncDispose]: () => parser[Symbol.asyncDispose](),
  };
}

/** Decides by header alone where that is enough; the message is taken apart only when a rule's attachments matter. */
export async function decideOn(
  rules: readonly Rule[],
  message: Pick<Examined, 'body' | 'headerOctets' | 'recipients'>,
  parser: Parser,
  stop: AbortSignal,
): Promise<{ ok: true; decision: Decision; scan: Scan | null } | { ok: false; why: string }> {
  const facts = factsOf(message);
  const byHeader = decide(rules, facts, null);
  const strips = byHeader.is === 'intercepted' && byHeader.action.does === 'strip attachments';
  if (byHeader.is !== 'open' && !strips) return { ok: true, decision: byHeader, scan: null };

  const parsed = await parser.scan(message.body, stop);
  return parsed.ok ? { ok: true, decision: decide(rules, facts, parsed.scan), scan: parsed.scan } : parsed;
}

async function applyRules(
  settings: ContentSettings,
  message: Examined,
  parser: Parser,
  stop: AbortSignal,
): Promise<Step> {
  const { body, headerOctets } = message;
  const course: Course = { body, headerOctets, changes: [], redirected: null, why: 'no rule applies' };
  const decided = await decideOn(settings.rules, message, parser, stop);
  if (!decided.ok) return { ends: { does: 'wait', why: decided.why } };

  const { decision, scan } = decided;
  if (decision.is === 'open' || decision.is === 'nothing') return { goesOn: course };
  const { why, rule } = decision;
  if (decision.is === 'passed') return { goesOn: { ...course, why: `${rule.name}: ${why}` } };

  const { action } = decision;
  switch (action.does) {
    case 'quarantine':
    case 'drop':
      return { ends: { does: action.does, rule: rule.name, why } };
    case 'redirect':
      return { goesOn: { ...course, redirected: { to: action.to, rule: rule.name, why } } };
    case 'strip attachments':
      return withoutAttachments(course, { rule, why, scan }, settings);
  }
}

function withoutAttachments(
  course: Course,
  { rule, why, scan }: { rule: Rule; why: string; scan: Scan | null },
  { language }: ContentSettings,
): Step {
  const stripped: ReturnType<typeof strip> =
    scan === null
      ? { ok: false, why: 'it was not taken apart' }
      : strip(scan, (attachment) => isMeant(rule, attachment), { rule: rule.name, language });
  if (!stripped.ok)
    return {
      ends: { does: 'quarantine', rule: rule.name, why: `${why}; its attachments cannot be removed: ${stripped.why}` },
    };

  const { edits, removed } = stripped;
  const changes = removed.length === 0 ? [] : [`attachments removed: ${named(removed)}`];
  return { goesOn: edited({ ...course, changes, why: `${rule.name}: ${why}` }, edits) };
}

/** Names in a line of the log. */
const MOST_NAMED = 10;

function named(names: string[]): string {
  const more = names.length - MOST_NAMED;
  return `${names.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

async function applyScanner(
  { scanner }: ContentSettings,
  { account, headerOctets }: Examined,
  course: Course,
  { clock, environment, alerts }: CheckTools,
  stop: AbortSignal,
): Promise<Step> {
  if (scanner === null) return { goesOn: course };
  const about = { account, sender: envelopeSender(readHeader(headerOctets)) };
  const looked = await runScanner(scanner, { body: course.body, about, environment, clock }, stop);
  if (looked.found === 'unknown') {
    if (!stop.aborted)
      alerts.raise(
        'scanner',
        `${looked.why.replace(/\.$/, '')}. Messages stay on the POP3 server until it answers.`,
        SCANNER,
      );
    return { ends: { does: 'wait', why: looked.why } };
  }
  alerts.clear('scanner', 'The scanner answers again.');
  if (looked.found === 'something') return { ends: { does: 'quarantine', rule: SCANNER, why: looked.why } };
  return { goesOn: course };
}

async function applySpamFilter(
  { spam }: ContentSettings,
  course: Course,
  filter: SpamFilter,
  stop: AbortSignal,
): Promise<Step> {
  if (spam === null) return { goesOn: course };
  const judged = await filter.judge(course.body, stop);
  if (judged.is === 'stopped') return { ends: { does: 'wait', why: 'The gateway is stopping.' } };
  const tags = spam.action === 'tag';
  if (judged.is === 'unchecked') {
    // The tag is ours to give: one that came with the message is nobody's word.
    const plain = tags ? edited(course, tagEdits(course.headerOctets, null)) : course;
    return { goesOn: judged.told === null ? plain : { ...plain, changes: [...plain.changes, judged.told] } };
  }
  const { score } = judged;
  if (spam.action !== 'tag') {
    const why = `SpamAssassin gives it ${score.score} points of ${score.threshold}`;
    return score.spam ? { ends: { does: spam.action, rule: SPAM_ASSASSIN, why } } : { goesOn: course };
  }
  const told = score.spam ? [`tagged as spam (score ${score.score})`] : [];
  return { goesOn: edited({ ...course, changes: [...course.changes, ...told] }, tagEdits(course.headerOctets, score)) };
}

function edited(course: Course, edits: readonly Edit[]): Course {
  if (edits.length === 0) return course;
  const headerOctets = headerBlockOf(editedOctets(course.headerOctets, edits)).subarray(0, LONGEST_HEADER_BLOCK);
  return { ...course, body: editedBody(course.body, edits), headerOctets };
}

function verdictOf({ body, headerOctets, changes, redirected, why }: Course): Verdict {
  if (redirected === null) return { does: 'pass', body, headerOctets, changes, why };
  return { does: 'redirect', ...redirected, body, headerOctets, changes };
}
