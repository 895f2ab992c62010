/** Messages for a quarantine. */
import type { Instant } from '../../src/daemon/base/clock.ts';
import type { Held } from '../../src/daemon/rules/quarantine.ts';

export function keptMessage(n: number, at: Instant): Held & { text: string } {
  const text = `From: eve@evil.example\r\nSubject: Number ${n}\r\n\r\n${'body '.repeat(50)}${n}\r\n`;
  return {
    ...{
      account: 'sales',
      uidl: `u/../${n}`,
      sender: 'eve@evil.example',
      recipients: ['anna@firma.example', 'max@firma.example'],
    },
    ...{
      from: 'eve@evil.example',
      subject: `Number ${n}`,
      bytes: text.length,
      rule: 'Tout intercepter',
      why: 'it fits *',
    },
    ...{ at, text },
  };
}
