/** What a private Postfix is told. Pure text: main.cf, master.cf and the table of recipients it refuses. */
import { mailOwner } from './maildir.ts';

export interface PostfixFiles {
  readonly config: string;
  readonly queue: string;
  readonly data: string;
  readonly mail: string;
  readonly log: string;
  /** The folder that all of them lie in. */
  readonly all: string;
}

/** As its build has them (`postconf -d`): Debian, Fedora and others differ. */
export interface PostfixBuild {
  readonly daemons: string;
  readonly commands: string;
  readonly owner: string;
  readonly setgidGroup: string;
}

export interface PostfixService {
  readonly port: number;
  readonly tlsPort: number;
  /** The domains it takes mail for, and no other; undefined takes everything. */
  readonly domains: readonly string[] | undefined;
  readonly tls?: { readonly certFile: string; readonly keyFile: string } | undefined;
  /** A port of 127.0.0.1 to which everything goes on, instead of into a Maildir. */
  readonly smartHost?: number | undefined;
  /** Where a Dovecot answers whether a password is right: mail is then taken only after AUTH. */
  readonly saslPort?: number | undefined;
}

/** Recipients that get no mail. */
export interface Refusals {
  /** Refused for good: 550 5.1.1. */
  readonly rejectRecipients?: readonly string[];
  /** Refused for now: 450 4.2.0. */
  readonly deferRecipients?: readonly string[];
}

export function mainConfig(files: PostfixFiles, build: PostfixBuild, service: PostfixService): string {
  return `compatibility_level = 3.6
command_directory = ${build.commands}
daemon_directory = ${build.daemons}
mail_owner = ${build.owner}
setgid_group = ${build.setgidGroup}
queue_directory = ${files.queue}
data_directory = ${files.data}
maillog_file = ${files.log}
maillog_file_prefixes = ${files.all}

myhostname = postfix.test
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
disable_dns_lookups = yes
smtp_dns_support_level = disabled
smtpd_peername_lookup = no

# Everything ends here, in one Maildir, or in one program of the test; nothing can leave this machine.
local_transport = error:no local delivery
relay_transport = error:no relaying
${destinations(service)}
virtual_mailbox_maps = static:Maildir/
virtual_mailbox_base = ${files.mail}
virtual_uid_maps = static:${mailOwner.uid}
virtual_gid_maps = static:${mailOwner.gid}
virtual_mailbox_limit = 0
message_size_limit = 104857600

# The bytes stay as they came: no header is added, dropped or written anew.
local_header_rewrite_clients =
message_drop_headers =
disable_mime_input_processing = yes
receive_override_options = no_address_mappings, no_header_body_checks

smtpd_recipient_restrictions = check_recipient_access texthash:${files.config}/recipients, ${admission(service)}, reject
smtpd_relay_restrictions =
# A client that errs is not slowed down or cut off.
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 10000
smtpd_hard_error_limit = 10000
smtpd_client_connection_count_limit = 0
in_flow_delay = 0
${saslConfig(service)}${tlsConfig(service)}`;
}

export function masterConfig({ port, tlsPort, tls }: PostfixService): string {
  const withTls = `127.0.0.1:${tlsPort} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
tlsmgr unix - - n 1000? 1 tlsmgr
`;
  return `127.0.0.1:${port} inet n - n - - smtpd
${tls === undefined ? '' : withTls}cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
showq unix n - n - - showq
smtp unix - - n - - smtp
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`;
}

/** An access(5) table. */
export function recipientTable({ rejectRecipients = [], deferRecipients = [] }: Refusals): string {
  return [
    ...rejectRecipients.map((address) => `${address.toLowerCase()} 550 5.1.1 No such user here\n`),
    ...deferRecipients.map((address) => `${address.toLowerCase()} 450 4.2.0 Mailbox is busy, try again later\n`),
  ].join('');
}

function destinations({ domains, smartHost }: PostfixService): string {
  if (smartHost !== undefined) return `default_transport = smtp:[127.0.0.1]:${smartHost}\nvirtual_mailbox_domains =`;
  return `default_transport = error:no relaying
virtual_mailbox_domains = ${domains === undefined ? 'static:all' : domains.join(', ')}`;
}

/** Who may hand mail in. */
function admission({ domains, saslPort }: PostfixService): string {
  if (saslPort !== undefined) return 'permit_sasl_authenticated';
  return domains === undefined ? 'permit_mynetworks' : 'reject_unauth_destination, permit_mynetworks';
}

function saslConfig({ saslPort, tls }: PostfixService): string {
  if (saslPort === undefined) return '';
  return `smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:${saslPort}
smtpd_sasl_security_options = noanonymous
smtpd_tls_auth_only = ${tls === undefined ? 'no' : 'yes'}
`;
}

function tlsConfig({ tls }: PostfixService): string {
  if (tls === undefined) return '';
  return `smtpd_tls_security_level = may
smtpd_tls_chain_files = ${tls.keyFile}, ${tls.certFile}
smtpd_tls_loglevel = 1
`;
}
