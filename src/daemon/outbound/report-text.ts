/** What a report says to a person, in both languages. Addresses and replies are remote text: each stays on its line. */
import type { Failure } from './bounce.ts';
import { rfc5322Date } from './received.ts';

export type ReportLanguage = 'en' | 'fr';

interface Words {
  from: string;
  subject: string;
  body(failure: Failure, gatewayName: string): string;
}

const words: Record<ReportLanguage, Words> = {
  en: {
    from: 'Mail Delivery System',
    subject: 'Undelivered mail',
    body: (failure, gatewayName) =>
      `This is the mail gateway at ${gatewayName}.\n\n` +
      'Your message could not be delivered to the recipients below, and will not be tried again for them.\n\n' +
      `${recipients(failure)}\n` +
      `Subject: ${plain(failure.subject)}\n` +
      `Received: ${rfc5322Date(failure.queuedAt)}\n` +
      `Name in the queue: ${failure.id}.tmp\n`,
  },
  fr: {
    from: 'Système de distribution du courrier',
    subject: 'Message non remis',
    body: (failure, gatewayName) =>
      `Ceci est la passerelle de messagerie ${gatewayName}.\n\n` +
      "Votre message n'a pas pu être remis aux destinataires ci-dessous ; il n'y aura pas d'autre essai pour eux.\n\n" +
      `${recipients(failure)}\n` +
      `Objet : ${plain(failure.subject)}\n` +
      `Reçu le : ${rfc5322Date(failure.queuedAt)}\n` +
      `Nom dans la file d'attente : ${failure.id}.tmp\n`,
  },
};

export function reportText(language: ReportLanguage): Words {
  return words[language];
}

function recipients({ failed }: Failure): string {
  return failed.map(({ address, reply }) => `  <${plain(address)}>\n    ${plain(reply ?? '')}\n`).join('\n');
}

function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}
