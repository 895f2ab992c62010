/**
 * For whom is a message? Pure: its header and its account in, recipients out, each with the reason (S82-S90, G07).
 *
 * 1. Whoever takes all of the account's mail has it, alone: the header is not looked at (S90).
 * 2. Else the account's search header decides, by its mask (S83-S88). It is trusted: To and Cc are not looked at as well, or each
 *    copy of a message to two people would reach both twice (hMailServer #250). A message that has no such header did not come
 *    the usual way (a provider's own notice, mail put into the mailbox by hand): To and Cc decide then, and the reason says so.
 *    Where the header is there and names nobody, they do not.
 * 3. An account without a search header is routed by To and Cc, whose addresses are compared (S82); masks and keywords are for search
 *    headers.
 * 4. Else it goes to whoever takes what nobody else takes, with S89's prefix, or to nobody.
 *
 * No other field is ever looked at (MSG16): an X-Envelope-To that somebody wrote into his message has no effect unless the account
 * names it. Nor is Bcc: a mail program that leaves it in a message has sent it by mistake; to obey it, name it as the search header.
 */
import { foldName } from '../base/blanks.ts';
import { addressesIn, normalAddress } from '../mail/address.ts';
import type { Header } from '../mail/header-block.ts';
import { createDirectory, type Directory, type Listed } from './directory.ts';
import { createSearchHeader, type SearchHeader } from './search-header.ts';
import { cut, namesOf } from './sentences.ts';
import type { RoutingAccount, RoutingSettings } from './settings.ts';

export interface RoutedRecipient {
  name: string;
  address: string;
  /** A sentence: which field, which value, and what made it his. Holds remote text. */
  why: string;
  /** It wants what it was given to stay on the POP3 server (S55). */
  keepOnServer: boolean;
}

/** One value that was looked at, and what became of it. */
export interface Asked {
  /** `Delivered-To`, as it is configured. */
  field: string;
  /** Remote text, shortened; empty: the message has no such field. */
  value: string;
  /** `refused`: by the validation, or the mask does not fit; `nobody`: it is nobody's here. */
  outcome: 'matched' | 'nobody' | 'refused' | 'absent';
  /** A sentence. */
  why: string;
}

export interface Routed {
  recipients: RoutedRecipient[];
  /** Nobody was found: it goes to those who take such mail, with S89's prefix, or to nobody. */
  unroutable: boolean;
  /** Sentences: what decided. */
  why: string;
  /** In the order in which it was looked at; empty where the header was not asked (S90). */
  asked: Asked[];
}

/** S89. */
export const UNROUTABLE_PREFIX = '[Man.Distr]';

/** The fields that decide by default (S82), in the order in which they are asked. */
const FIELDS = ['To', 'Cc'];

export type Route = (header: Header, account: string) => Routed;

/** Account names are compared as the configuration compares them, without case; one that is not in it has no search header. */
export function createRouter({ recipients, accounts, masks }: RoutingSettings): Route {
  const directory = createDirectory(recipients);
  const byName = new Map(accounts.map((account) => [foldName(account.name), account]));
  const searchHeaders = new Map<string, SearchHeader>();
  for (const { searchHeader } of accounts) {
    if (searchHeader === null || searchHeaders.has(searchHeader.toLowerCase())) continue;
    const mask = masks.find(({ header }) => header.toLowerCase() === searchHeader.toLowerCase()) ?? null;
    searchHeaders.set(searchHeader.toLowerCase(), createSearchHeader(searchHeader, mask, directory));
  }

  return (header, account) => {
    const takers = directory.takingAll(account);
    if (takers.length > 0) return allTo(takers);

    const settings = byName.get(foldName(account)) ?? { name: account, searchHeader: null, addressValidation: '' };
    const answer = ask(header, settings, searchHeaders.get(settings.searchHeader?.toLowerCase() ?? ''), directory);
    return settled(answer, directory.takingLeftovers(account));
  };
}

/** What the header said. */
interface Answer {
  named: Named[];
  asked: Asked[];
  /** What decided, a sentence. */
  by: string;
  /** `Delivered-To`, or `To or Cc`. */
  where: string;
}

interface Named extends Listed {
  why: string;
}

function ask(header: Header, settings: RoutingAccount, search: SearchHeader | undefined, directory: Directory): Answer {
  const { name, searchHeader, addressValidation } = settings;
  if (searchHeader === null || !search)
    return byToAndCc(header, name, directory, 'To and Cc decide, since the account has no Search header.');

  const values = search.valuesIn(header.values(searchHeader));
  if (values.length === 0) {
    const by = `The message has no ${searchHeader}, which is the account's Search header: To and Cc decide.`;
    const answer = byToAndCc(header, name, directory, by);
    const absent: Asked = { field: searchHeader, value: '', outcome: 'absent', why: by };
    const named = answer.named.map((one) => ({ ...one, why: `${by} ${one.why}` }));
    return { ...answer, named, asked: [absent, ...answer.asked] };
  }

  const judged = values.map((value) => {
    const { outcome, owners, because } = search.judge(value, { account: name, addressValidation });
    const shown = cut(value.text);
    const why = `${searchHeader} ${value.is === 'address' ? 'names' : 'says'} ${shown}: ${because}.`;
    return { owners, asked: { field: searchHeader, value: shown, outcome, why } };
  });
  return answerOf(judged, `${searchHeader} decides alone, since it is the account's Search header.`, searchHeader);
}

function byToAndCc(header: Header, account: string, directory: Directory, by: string): Answer {
  const judged = FIELDS.flatMap((field) =>
    [...new Set(addressesIn(header.values(field)))].map((written) => {
      const owners = directory.withAddress(written, account);
      const whose =
        owners.length > 0 ? `an address of ${namesOf(owners)}` : 'no address of a recipient of this account';
      const outcome = owners.length > 0 ? ('matched' as const) : ('nobody' as const);
      return { owners, asked: { field, value: written, outcome, why: `${field} names ${written}: it is ${whose}.` } };
    }),
  );
  return answerOf(judged, by, FIELDS.join(' or '));
}

function answerOf(judged: { owners: Listed[]; asked: Asked }[], by: string, where: string): Answer {
  const named = new Map<number, Named>(); // by place: the first value that names somebody is the reason
  for (const { owners, asked } of judged)
    for (const owner of owners) if (!named.has(owner.at)) named.set(owner.at, { ...owner, why: asked.why });
  return { named: [...named.values()], asked: judged.map(({ asked }) => asked), by, where };
}

function allTo(takers: Listed[]): Routed {
  const why = 'Forward all messages: the whole mailbox goes there, and the header is not looked at.';
  const recipients = takers.map((taker) => ({
    ...taker,
    why: `${taker.recipient.name} takes all messages of this account (Forward all messages).`,
  }));
  return { recipients: distinct(recipients), unroutable: false, why, asked: [] };
}

function settled({ named, asked, by, where }: Answer, takers: Listed[]): Routed {
  if (named.length > 0) return { recipients: distinct(named), unroutable: false, why: by, asked };

  const nobody = asked.some(({ outcome }) => outcome !== 'absent')
    ? `${where} names no recipient of this account.`
    : `The message has no address in ${where}.`;
  const recipients = takers.map((taker) => ({
    ...taker,
    why: `${by} ${nobody} ${taker.recipient.name} takes unroutable messages, as ${UNROUTABLE_PREFIX}.`,
  }));
  const end =
    takers.length > 0
      ? `It goes to those who take unroutable messages, as ${UNROUTABLE_PREFIX}.`
      : 'Nobody takes unroutable messages: it stays on the POP3 server.';
  return { recipients: distinct(recipients), unroutable: true, why: `${by} ${nobody} ${end}`, asked };
}

/**
 * In the order of the configuration; one address gets one message, however many recipients share it or ways led to it. The first
 * way is the reason; if one of those who share it wants to keep messages on the server, they are kept.
 */
function distinct(named: Named[]): RoutedRecipient[] {
  const found = new Map<string, RoutedRecipient>();
  for (const { recipient, why } of named.toSorted((one, other) => one.at - other.at)) {
    const { name, address, keepOnServer } = recipient;
    const first = found.get(normalAddress(address));
    if (!first) found.set(normalAddress(address), { name, address, why, keepOnServer });
    else first.keepOnServer ||= keepOnServer;
  }
  return [...found.values()];
}
