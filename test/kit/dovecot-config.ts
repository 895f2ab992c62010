/** What a private Dovecot is told: no system user, no PAM, no chroot, nothing outside its folder. Pure text. */
import { mailOwner } from './maildir.ts';

export interface DovecotHouse {
  readonly base: string;
  readonly state: string;
  readonly log: string;
  readonly passwords: string;
  /** A folder a user, the Maildir in it. */
  readonly mail: string;
  /** Who all of it runs as; undefined for root, where Dovecot changes to users of its own. */
  readonly runsAs: { readonly user: string; readonly group: string } | undefined;
}

export interface Pop3Service {
  readonly port: number;
  readonly tlsPort: number;
  readonly tls?: { readonly certFile: string; readonly keyFile: string } | undefined;
}

const MANY = 200; // sessions: more than any test opens at once, fewer than the limit on open files would mind

export function pop3Config(house: DovecotHouse, service: Pop3Service): string {
  return `${commonConfig(house)}
protocols = pop3
listen = 127.0.0.1
${tlsConfig(service.tls)}
mail_location = maildir:~/Maildir
mail_max_userip_connections = ${MANY}
service pop3-login {
  chroot =
  # Login processes stay: a new one for each connection is Dovecot's default, and slow.
  service_count = 0
  process_min_avail = 1
  client_limit = ${MANY}
  inet_listener pop3 {
    port = ${service.port}
  }
  inet_listener pop3s {
    port = ${service.tls === undefined ? 0 : service.tlsPort}
    ssl = yes
  }
}
service pop3 {
  service_count = 1000
  process_limit = ${MANY}
}
`;
}

/** No mail at all: only the service that another server (Postfix) asks whether a password is right. */
export function authConfig(house: DovecotHouse, port: number): string {
  return `${commonConfig(house)}
protocols = none
ssl = no
service auth {
  inet_listener sasl {
    address = 127.0.0.1
    port = ${port}
  }
}
`;
}

/** Base64, for a password may hold a colon, a space or a brace; all of them are parted by colons here. */
export function passwordFile(users: Readonly<Record<string, string>>): string {
  return Object.entries(users)
    .map(([user, password]) => `${user}:{PLAIN.b64}${Buffer.from(password).toString('base64')}\n`)
    .join('');
}

function commonConfig(house: DovecotHouse): string {
  return `base_dir = ${house.base}
state_dir = ${house.state}
log_path = ${house.log}
${serviceUsers(house.runsAs)}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_format = %u
auth_username_chars =
# A wrong password costs two seconds and more by default, which only tests would feel.
auth_failure_delay = 0
passdb {
  driver = passwd-file
  args = username_format=%u ${house.passwords}
}
userdb {
  driver = static
  args = uid=${mailOwner.uid} gid=${mailOwner.gid} home=${house.mail}/%u
}
first_valid_uid = 1
first_valid_gid = 1
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}`;
}

function serviceUsers(runsAs: DovecotHouse['runsAs']): string {
  if (runsAs === undefined) return '';
  const { user, group } = runsAs;
  return `default_internal_user = ${user}\ndefault_login_user = ${user}\ndefault_internal_group = ${group}`;
}

function tlsConfig(tls: Pop3Service['tls']): string {
  if (tls === undefined) return 'ssl = no';
  return `ssl = yes\nssl_cert = <${tls.certFile}\nssl_key = <${tls.keyFile}`;
}
