/** What a report says to a person, in both languages. Addresses and replies are remote text: each stays on its line. */
import type { Fate } from './bounce.ts';
import { rfc5322Date } from './received.ts';

export type ReportLanguage = 'en' | 'fr';

interface Words {
  from: string;
  subject: Record<Fate['action'], string>;
  body(fate: Fate, gatewayName: string): string;
}

const words: Record<ReportLanguage, Words> = {
  en: {
    from: 'Mail Delivery System',
    subject: { failed: 'Undelivered mail', delayed: 'Delayed mail', relayed: 'Relayed mail' },
    body: (fate, gatewayName) =>
      `This is the mail gateway at ${gatewayName}.\n\n${englishNews(fate)}\n\n` +
      `${recipients(fate)}\n` +
      `Subject: ${plain(fate.subject)}\n` +
      `Received: ${rfc5322Date(fate.queuedAt)}\n` +
      `Name in the queue: ${fate.id}.tmp\n`,
  },
  fr: {
    from: 'Système de distribution du courrier',
    subject: { failed: 'Message non remis', delayed: 'Message retardé', relayed: 'Message transmis' },
    body: (fate, gatewayName) =>
      `Ceci est la passerelle de messagerie ${gatewayName}.\n\n${frenchNews(fate)}\n\n` +
      `${recipients(fate)}\n` +
      `Objet : ${plain(fate.subject)}\n` +
      `Reçu le : ${rfc5322Date(fate.queuedAt)}\n` +
      `Nom dans la file d'attente : ${fate.id}.tmp\n`,
  },
};

function englishNews({ action, willRetryUntil }: Fate): string {
  switch (action) {
    case 'failed':
      return 'Your message could not be delivered to the recipients below, and will not be tried again for them.';
    case 'delayed':
      return (
        'Your message has not reached the recipients below yet. You need do nothing: it is tried again' +
        `${willRetryUntil === null ? '' : ` until about ${rfc5322Date(willRetryUntil)}`}.`
      );
    case 'relayed':
      return (
        'Your message for the recipients below was handed to a mail server that confirms no delivery. ' +
        'You will hear no more of it unless it fails there.'
      );
  }
}

function frenchNews({ action, willRetryUntil }: Fate): string {
  switch (action) {
    case 'failed':
      return "Votre message n'a pas pu être remis aux destinataires ci-dessous ; il n'y aura pas d'autre essai pour eux.";
    case 'delayed':
      return (
        "Votre message n'est pas encore parvenu aux destinataires ci-dessous. Vous n'avez rien à faire : d'autres essais suivent" +
        `${willRetryUntil === null ? '' : `, jusque vers le ${rfc5322Date(willRetryUntil)}`}.`
      );
    case 'relayed':
      return (
        'Votre message pour les destinataires ci-dessous a été transmis à un serveur qui ne confirme pas la remise. ' +
        "Vous n'en entendrez plus parler, sauf s'il échoue là-bas."
      );
  }
}

export function reportText(language: ReportLanguage): Words {
  return words[language];
}

function recipients({ recipients: list }: Fate): string {
  return list.map(({ address, reply }) => `  <${plain(address)}>\n    ${plain(reply ?? '')}\n`).join('\n');
}

function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}
