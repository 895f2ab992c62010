/** Whether a server's certificate is believed, and what is wrong with one that is not (I25, POP08, REL22). Nothing turns verification off. */
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';

export interface Presented {
  /** The name or address that was asked for. */
  readonly host: string;
  readonly certificate: PeerCertificate;
  /** OpenSSL's name for what failed in the chain, `CERT_HAS_EXPIRED`; null when the chain is good. */
  readonly chainError: string | null;
  /** SHA-256 of the one certificate that is accepted, whoever vouches for it or not; null: verification decides (CFG09). */
  readonly fingerprint: string | null;
}

/** Null when the certificate is believed; else a sentence that says which check failed, and how to accept this certificate alone. */
export function whyRefused({ host, certificate, chainError, fingerprint }: Presented): string | null {
  const remedy = `To accept it all the same: Certificate fingerprint=${certificate.fingerprint256}`;
  if (fingerprint !== null) {
    if (sameFingerprint(fingerprint, certificate.fingerprint256)) return null;
    return `The certificate of ${host} is refused: It is not the one whose fingerprint is configured. ${remedy}`;
  }

  const identity = checkServerIdentity(host, certificate);
  if (chainError === null && identity === undefined) return null;
  const reasons = [
    ...(chainError === null || isIdentityError(chainError) ? [] : [chainReason(chainError, certificate)]),
    ...(identity === undefined ? [] : [identityReason(host, certificate)]),
  ];
  return `The certificate of ${host} is refused: ${reasons.join('; ')}. ${remedy}`;
}

/** SHA-256 as hex, with colons (or blanks) between the octets or without, in either case, with `SHA256:` before it or not. */
function sameFingerprint(one: string, other: string): boolean {
  const plain = (text: string) =>
    text
      .replace(/^sha-?256[:=]/i, '')
      .replaceAll(/[:\s]/g, '')
      .toUpperCase();
  return /^[0-9A-F]{64}$/.test(plain(one)) && plain(one) === plain(other);
}

function isIdentityError(code: string): boolean {
  return code === 'ERR_TLS_CERT_ALTNAME_INVALID';
}

function chainReason(code: string, { issuer, valid_from, valid_to }: PeerCertificate): string {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return `it expired on ${valid_to}`;
    case 'CERT_NOT_YET_VALID':
      return `it is valid only from ${valid_from} on`;
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return 'it is self-signed';
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return `its issuer (${nameOf(issuer)}) is unknown here`;
    default:
      return `it cannot be verified (${code})`;
  }
}

function identityReason(host: string, certificate: PeerCertificate): string {
  const kind = isIP(host) === 0 ? 'name' : 'address';
  const names = certificate.subjectaltname ?? nameOf(certificate.subject);
  return `the ${kind} ${host} is not in it (it is for ${names})`;
}

function nameOf(subject: PeerCertificate['subject'] | undefined): string {
  return [subject?.CN ?? subject?.O ?? 'no name'].flat().join(', ');
}
