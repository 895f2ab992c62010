/** The configuration as the program uses it: one value that never changes; a reload gives another. */
import type { ValuesOf } from './key.ts';
import type { EnvelopeMask } from './kinds/mail.ts';
import type { Secret } from '../base/secret.ts';
import type { accountKeys, recipientKeys } from './sections/inbound.ts';
import type { mailServerKeys } from './sections/mail-server.ts';
import type { optionsKeys } from './sections/options.ts';
import type { outgoingKeys } from './sections/outgoing.ts';
import type { namedRelayKeys, relayLoginTable } from './sections/relay.ts';
import type { remoteControlKeys } from './sections/remote-control.ts';
import type { ruleKeys, rulesKeys, scannerKeys, spamAssassinKeys } from './sections/rules.ts';

/** Values whose password was found, or that rest with a reason. */
type LoggingIn<V> = Omit<V, 'password'> & {
  readonly password: Secret | null;
  /** Why it cannot be used now, for a person, without a secret; null when it can (CFG07, CFG08). */
  readonly problem: string | null;
};

export type Options = ValuesOf<typeof optionsKeys>;
export type Outgoing = ValuesOf<typeof outgoingKeys>;
type Scanner = ValuesOf<typeof scannerKeys>;
type SpamAssassin = ValuesOf<typeof spamAssassinKeys>;
type RemoteControl = ValuesOf<typeof remoteControlKeys>;

/** The internal server. */
export type MailServer = LoggingIn<ValuesOf<typeof mailServerKeys>> & { readonly host: string };

/** A way to the Internet; `host` null is directly to the mail exchangers. The default relay's name is ''. */
export type Relay = LoggingIn<ValuesOf<typeof namedRelayKeys>> & { readonly name: string };

/** A login of one sender's own at the relay. */
export type RelayLogin = LoggingIn<ValuesOf<(typeof relayLoginTable)['keys']>> & { readonly sender: string };

/** A POP3 mailbox. */
export type Account = LoggingIn<ValuesOf<typeof accountKeys>> & { readonly name: string };

/** A mailbox of the internal server. */
export type Recipient = ValuesOf<typeof recipientKeys> & { readonly name: string };

/** A rule over what is in a message. */
type ContentRule = ValuesOf<typeof ruleKeys> & { readonly name: string };

export interface Rules extends ValuesOf<typeof rulesKeys> {
  /** In the order in which they are tried. */
  readonly content: readonly ContentRule[];
}

export interface OutgoingUser {
  readonly name: string;
  readonly password: Secret;
}

interface DisplayName {
  readonly address: string;
  readonly name: string;
}

interface HeaderMask extends EnvelopeMask {
  readonly header: string;
}

export interface Config {
  /** Absolute path of the home. */
  readonly home: string;
  /** Absolute path of `PMailGat.ini`, in the letters that it has. */
  readonly file: string;
  readonly options: Options;
  /** Null: there is none, and inbound mail rests. */
  readonly mailServer: MailServer | null;
  readonly outgoing: Outgoing;
  readonly outgoingUsers: readonly OutgoingUser[];
  readonly displayNames: readonly DisplayName[];
  /** The default relay first, when there is one; without any, outgoing mail rests. */
  readonly relays: readonly Relay[];
  readonly relayLogins: readonly RelayLogin[];
  readonly rules: Rules;
  readonly scanner: Scanner;
  readonly spamAssassin: SpamAssassin;
  readonly headerMasks: readonly HeaderMask[];
  readonly remoteControl: RemoteControl;
  /** `url` null: SQLite in the home. */
  readonly store: { readonly url: Secret | null };
  readonly accounts: readonly Account[];
  readonly recipients: readonly Recipient[];
}
