/** A message that never was, too large for its mailbox: what the preview of a notice is filled in with. */
import { readHeader } from '../../mail/header-block.ts';
import type { Oversize } from './notices.ts';

const MB = 1_048_576;

/** `on`: its date. */
export function sampleOversize(on: Date): Oversize {
  const header = [
    'Received: from mx.customer.example by pop.provider.example',
    'From: Anna Sample <anna@customer.example>',
    'To: sales@company.example',
    'Subject: Plans of the new building',
    `Date: ${on.toUTCString().replace('GMT', '+0000')}`,
    'Message-ID: <sample@customer.example>',
  ];
  return {
    ...{ account: 'sales', uidl: 'sample', bytes: 25 * MB, limit: 10 * MB, setBy: 'account' },
    header: readHeader(Buffer.from(`${header.join('\r\n')}\r\n`)),
    ...{ recipients: ['sales@company.example'], sender: 'anna@customer.example' },
  };
}
