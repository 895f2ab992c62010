/** The configuration as the program uses it: one value that never changes; a reload gives another. */
import type { ValuesOf } from './key.ts';
import type { EnvelopeMask } from './kinds/mail.ts';
import type { Secret } from '../base/secret.ts';
import type { accountKeys, recipientKeys } from './sections/inbound.ts';
import type { ProviderAddresses } from './providers.ts';
import type { mailServerKeys } from './sections/mail-server.ts';
import type { oauth2Keys } from './sections/oauth2.ts';
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
export type RelayLogin = LoggingIn<ValuesOf<(typeof relayLoginTable)['keys']>> & {
  readonly sender: string;
  /** `xoauth2` where its token comes from a provider or a command; else it is the relay's affair. */
  readonly authentication?: 'xoauth2';
};

/** A provider of access tokens, and how we are known there. */
export type OAuth2Provider = Pick<ValuesOf<typeof oauth2Keys>, 'provider' | 'clientId' | 'warnBeforeDays'> &
  Pick<ProviderAddresses, 'signInBy' | 'scopes'> & {
    readonly name: string;
    /** Empty where the sign-in does not go that way. */
    readonly deviceEndpoint: string;
    readonly authorizationEndpoint: string;
    readonly tokenEndpoint: string;
    readonly clientSecret: Secret | null;
    /** Why nobody can be signed in by it now; null when one can. */
    readonly problem: string | null;
  };

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
  readonly oauth2: readonly OAuth2Provider[];
  readonly accounts: readonly Account[];
  readonly recipients: readonly Recipient[];
}
