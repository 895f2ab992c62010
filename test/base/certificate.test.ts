import type { PeerCertificate } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { whyRefused } from '../../src/daemon/base/certificate.ts';

const FINGERPRINT = Array.from({ length: 32 }, (_, n) => n.toString(16).padStart(2, '0').toUpperCase()).join(':');

const certificate = {
  subject: { CN: 'relay.example' },
  issuer: { CN: 'Some CA' },
  subjectaltname: 'DNS:relay.example',
  fingerprint256: FINGERPRINT,
  valid_from: 'Jan  1 00:00:00 2026 GMT',
  valid_to: 'Feb  1 00:00:00 2026 GMT',
} as unknown as PeerCertificate;

const presented = { host: 'relay.example', certificate, chainError: null, fingerprint: null };

describe('whether a certificate is believed', () => {
  test('one that verifies, for the right name, is', () => expect(whyRefused(presented)).toBeNull());

  test.each([
    ['CERT_HAS_EXPIRED', 'it expired on Feb  1 00:00:00 2026 GMT'],
    ['CERT_NOT_YET_VALID', 'it is valid only from Jan  1 00:00:00 2026 GMT on'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'it is self-signed'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its issuer (Some CA) is unknown here'],
    ['SOMETHING_NEW', 'it cannot be verified (SOMETHING_NEW)'],
  ])('POP08: %s is named, with the fingerprint that would accept it', (chainError, reason) => {
    expect(whyRefused({ ...presented, chainError })).toBe(
      `The certificate of relay.example is refused: ${reason}. To accept it all the same: Certificate fingerprint=${FINGERPRINT}`,
    );
  });

  test('one for another name is not', () => {
    expect(whyRefused({ ...presented, host: 'other.example' })).toContain(
      'the name other.example is not in it (it is for DNS:relay.example)',
    );
  });

  test.each([FINGERPRINT, FINGERPRINT.replaceAll(':', '').toLowerCase(), `SHA256:${FINGERPRINT}`])(
    'CFG09: the known one is, spelt %s',
    (fingerprint) => {
      expect(
        whyRefused({ ...presented, host: 'other.example', chainError: 'CERT_HAS_EXPIRED', fingerprint }),
      ).toBeNull();
    },
  );

  test.each(['', 'AB', FINGERPRINT.replace('00', '01')])(
    'REL22: any other one is not, even if it verifies: %s',
    (fingerprint) => {
      expect(whyRefused({ ...presented, fingerprint })).toContain('It is not the one whose fingerprint is configured.');
    },
  );
});
