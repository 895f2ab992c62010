/** The notices as they are without a template of the person's own (S65, S67, S68). */
import type { EventOf } from '../../../protocol/events.ts';
import type { Language } from '../../../protocol/model.ts';

/** To whom a notice on an oversize message goes. */
export type Party = 'recipient' | 'sender';

/** The name of the file in `templates/` that is used in place of the text here. */
export const templateName = (party: Party, language: Language): string => `oversize-${party}.${language}.txt`;

export const defaultTemplates: Record<Party, Record<Language, string>> = {
  recipient: {
    en: `Subject: A message for you is too large: {subject}

A message for you is larger than this mail system takes, and was not downloaded.

  From:    {from}
  Subject: {subject}
  Date:    {date}
  Size:    {size} (the limit is {limit}, {setBy})
  Mailbox: {account}

It stays on the POP3 server for now, and may be deleted there after some days. If you need it, ask your
administrator to raise the limit, or the sender to send it in another way. Its header is attached.

{gateway}
`,
    fr: `Subject: Un message pour vous est trop volumineux : {subject}

Un message qui vous est destiné dépasse la taille admise par cette messagerie et n'a pas été téléchargé.

  De :     {from}
  Objet :  {subject}
  Date :   {date}
  Taille : {size} (la limite est de {limit}, {setBy})
  Boîte :  {account}

Il reste pour le moment sur le serveur POP3 et peut y être supprimé après quelques jours. Si vous en avez
besoin, demandez à votre administrateur de relever la limite, ou à l'expéditeur de l'envoyer autrement.
Son en-tête est joint.

{gateway}
`,
  },
  sender: {
    en: `Subject: Your message was too large: {subject}

Your message has arrived, but is larger than the recipient's mail system takes. It was not delivered.

  To:      {recipients}
  Subject: {subject}
  Date:    {date}
  Size:    {size} (the limit is {limit})

The recipient has been told. Please send it in smaller parts, or in another way. The header of your message is
attached.

{gateway}
`,
    fr: `Subject: Votre message était trop volumineux : {subject}

Votre message est arrivé, mais il dépasse la taille admise par la messagerie du destinataire. Il n'a pas été remis.

  À :      {recipients}
  Objet :  {subject}
  Date :   {date}
  Taille : {size} (la limite est de {limit})

Le destinataire en a été averti. Merci de l'envoyer en plusieurs parties, ou d'une autre manière. L'en-tête de
votre message est joint.

{gateway}
`,
  },
};

/** For {setBy}. */
export const limitWords: Record<Language, Record<EventOf<'message.oversize'>['setBy'], string>> = {
  en: {
    account: 'set for this mailbox',
    'mail server': 'set by the internal mail server',
    configuration: 'set for the internal mail server',
    disk: 'set by the disk of the gateway',
  },
  fr: {
    account: 'fixée pour cette boîte',
    'mail server': 'fixée par le serveur de messagerie interne',
    configuration: 'fixée pour le serveur de messagerie interne',
    disk: 'fixée par le disque de la passerelle',
  },
};

export const README = `Notices on messages over the size limit.

The texts in the folder "defaults" are the program's own, and are written anew at each start. To change one, copy it
into this folder under the same name and edit the copy; it is used from the next notice on.

  oversize-recipient.en.txt, .fr.txt   to the recipient of the message
  oversize-sender.en.txt, .fr.txt      to its sender, for accounts with "Also notify the sender"

The first line is "Subject: " and the subject. What stands in braces is filled in:

  {sender}      the address that the message came from (envelope)
  {from}        the address in its From field
  {subject}     its subject
  {date}        its Date field
  {size}        its size
  {limit}       the limit
  {setBy}       whose limit it is
  {account}     the POP3 account
  {recipients}  to the sender: those he wrote to; to a recipient: that one
  {gateway}     the name of the gateway
  {headers}     the first of its header fields

Anything else in braces stays as it is, and is reported as a problem.
`;
