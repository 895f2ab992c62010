/** The log, to the letter: every event of the union, in both languages, in one fixed zone. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EventOf, EventType, Fact } from '../../src/protocol/events.ts';
import { formatClock, formatDate, formatSize, linesOf } from '../../src/protocol/lines.ts';
import type { Language } from '../../src/protocol/model.ts';
import { facts } from './facts.ts';

const ZONE = 'Europe/Paris';

function lines(fact: Fact, language: Language, at = '2015-01-01T09:10:00.000Z'): string[] {
  const event = { ...fact, seq: 1, at };
  return linesOf(event, language, { zone: ZONE }).map((line) => {
    expect(line.slice(0, 8)).toBe('[10:10] ');
    return line.slice(8);
  });
}

type Sample<T extends EventType> = [fact: Omit<EventOf<T>, 'seq' | 'at' | 'type'>, en: string[], fr: string[]];

const box = { session: 12, account: 'sales' };
const envelope = {
  sender: 'webmaster@pytheas.com',
  recipients: ['somebody@somedomain.com'],
  subject: 'A sample message',
};
const off = {
  on: false,
  account: null,
  peer: null,
  until: null,
  sessions: null,
  whole: false,
  file: 'PmgPOP3Trace.txt',
};

/** Every type stands here: the compiler asks for the one that is missing. */
const samples: { [T in EventType]: Sample<T>[] } = {
  'gateway.started': [
    [
      { name: 'gw1', version: '0.1.0', pid: 1, home: '/h', language: 'en' },
      ['MailGate 0.1.0 started.'],
      ['MailGate 0.1.0 démarré.'],
    ],
  ],
  'gateway.ready': [[{}, [], []]],
  'gateway.stopping': [[{ reason: 'SIGTERM' }, ['MailGate is stopping: SIGTERM.'], ["MailGate s'arrête : SIGTERM."]]],
  'accounts.configured': [[{ accounts: [] }, [], []]],
  'problem.raised': [
    [
      { key: 'disk', message: 'The disk is full.' },
      ['*** Error: The disk is full.'],
      ['*** Erreur : The disk is full.'],
    ],
    [{ key: 'listener', message: 'Port 2500 is taken.' }, [], []],
  ],
  'problem.cleared': [[{ key: 'disk' }, [], []]],
  'session.scheduled': [[{ nextAt: null }, [], []]],
  'session.started': [
    [
      { session: 12, accounts: ['sales', 'info'], trigger: 'schedule' },
      ['Session 12 started (2 accounts).'],
      ['Session 12 démarrée (2 comptes).'],
    ],
    [
      { session: 13, accounts: ['sales'], trigger: 'operator' },
      ['Session 13 started (1 account).'],
      ['Session 13 démarrée (1 compte).'],
    ],
    [
      { session: 14, accounts: [], trigger: 'once' },
      ['Session 14 started (0 accounts).'],
      ['Session 14 démarrée (0 compte).'],
    ],
  ],
  'session.finished': [
    [
      { session: 12, messages: 3, bytes: 1, errors: 1 },
      ['Session 12 finished: 3 messages, 1 error.'],
      ['Session 12 terminée : 3 messages, 1 erreur.'],
    ],
    [
      { session: 12, messages: 1, bytes: 1, errors: 0 },
      ['Session 12 finished: 1 message, 0 errors.'],
      ['Session 12 terminée : 1 message, 0 erreur.'],
    ],
  ],
  'mailbox.connecting': [[{ ...box, host: 'pop.isp.com' }, [], []]],
  'mailbox.planned': [[{ ...box, fetch: 3, bytes: 42_189 }, [], []]],
  'mailbox.connected': [
    [
      { ...box, host: 'pop.isp.com', login: true, messages: 3, bytes: 42_189 },
      ['POP3 [sales] Connecting to pop.isp.com...Login successful...done. (3 messages, 41.2 kb)'],
      ['POP3 [sales] Connexion à pop.isp.com...Identification réussie...terminé. (3 messages, 41,2 kb)'],
    ],
    [
      { ...box, host: 'pop.isp.com', login: false, messages: 1, bytes: 0 },
      ['POP3 [sales] Connecting to pop.isp.com...done. (1 message, 0.0 kb)'],
      ['POP3 [sales] Connexion à pop.isp.com...terminé. (1 message, 0,0 kb)'],
    ],
  ],
  'mailbox.failed': [
    [
      {
        ...box,
        host: 'pop.isp.com',
        reason: 'Unexpected disconnection from POP3 server: The server has closed the connection',
        locked: false,
        cause: 'mailbox',
      },
      ['POP3 [sales] *** Error: Unexpected disconnection from POP3 server: The server has closed the connection'],
      ['POP3 [sales] *** Erreur : Déconnexion inattendue du serveur POP3 : Le serveur a fermé la connexion'],
    ],
    [
      {
        ...box,
        host: 'pop.isp.com',
        reason: 'Login refused: -ERR [AUTH] invalid password',
        locked: true,
        cause: 'mailbox',
      },
      ['POP3 [sales] *** Error: Login refused: -ERR [AUTH] invalid password'],
      ['POP3 [sales] *** Erreur : Identification refusée : -ERR [AUTH] invalid password'],
    ],
  ],
  'mailbox.warned': [
    [{ ...box, warning: 'too large' }, ['POP3 [sales] Warning: too large'], ['POP3 [sales] Avertissement : too large']],
  ],
  'mailbox.finished': [[{ ...box, messages: 3, left: 0, errors: 0, oversize: 0, stuck: 0 }, [], []]],
  'message.fetched': [
    [
      { ...box, number: 1, uidl: 'u', bytes: 7_578, from: 'a@b.c', subject: 'A sample message' },
      ['POP3 [sales] Message 1 (7.4 kb) From: <a@b.c> Subject: A sample message'],
      ['POP3 [sales] Message 1 (7,4 kb) De : <a@b.c> Objet : A sample message'],
    ],
    [
      { ...box, number: 2, uidl: 'u', bytes: 3_250_586, from: 'a@b.c', subject: '' },
      ['POP3 [sales] Message 2 (3.1 Mb) From: <a@b.c> Subject:'],
      ['POP3 [sales] Message 2 (3,1 Mb) De : <a@b.c> Objet :'],
    ],
  ],
  'message.delivered': [
    [
      {
        ...box,
        number: 1,
        uidl: 'u',
        bytes: 1,
        recipients: [
          { address: 'sales@company.com', reply: '250 2.6.0 Queued' },
          { address: 'info@company.com', reply: '250 ok' },
        ],
        final: true,
      },
      [
        'POP3 [sales] Delivered to: <sales@company.com> (250 2.6.0 Queued)',
        'POP3 [sales] Delivered to: <info@company.com> (250 ok)',
      ],
      [
        'POP3 [sales] Remis à : <sales@company.com> (250 2.6.0 Queued)',
        'POP3 [sales] Remis à : <info@company.com> (250 ok)',
      ],
    ],
  ],
  'message.failed': [
    [
      { ...box, number: 4, uidl: 'u', recipient: 'x@company.com', reason: '550 5.1.1 unknown' },
      ['POP3 [sales] *** Error: Message 4 stays on the POP3 server: <x@company.com> 550 5.1.1 unknown'],
      ['POP3 [sales] *** Erreur : Le message 4 reste sur le serveur POP3 : <x@company.com> 550 5.1.1 unknown'],
    ],
    [
      { ...box, number: 4, uidl: 'u', recipient: '', reason: 'gone' },
      ['POP3 [sales] *** Error: Message 4 stays on the POP3 server: gone'],
      ['POP3 [sales] *** Erreur : Le message 4 reste sur le serveur POP3 : gone'],
    ],
  ],
  'message.unroutable': [
    [
      { ...box, number: 5, uidl: 'u', from: 'a@b.c', subject: 's' },
      [
        'POP3 [sales] *** Error: Message 5 has no recipient here, and nobody takes unroutable messages: it stays on the POP3 server.',
      ],
      [
        "POP3 [sales] *** Erreur : Le message 5 n'a pas de destinataire ici, et personne ne prend les messages non routables : il reste sur le serveur POP3.",
      ],
    ],
  ],
  'message.refused': [
    [
      { ...box, number: 6, uidl: 'u', by: 'internal server', rule: '', why: '550 spam', quarantine: 'Q1F7B' },
      [
        'POP3 [sales] Message 6 put into quarantine as Q1F7B (refused as spam by the internal server): 550 spam', // S76
      ],
      [
        'POP3 [sales] Message 6 mis en quarantaine sous Q1F7B (refusé comme indésirable par le serveur interne) : 550 spam',
      ],
    ],
    [
      { ...box, number: 6, uidl: 'u', by: 'rule', rule: 'programs', why: 'a.exe matches *.exe', quarantine: '' },
      ['POP3 [sales] Message 6 dropped (rule programs): a.exe matches *.exe'],
      ['POP3 [sales] Message 6 supprimé (règle programs) : a.exe matches *.exe'],
    ],
    [
      { ...box, number: 6, uidl: 'u', by: 'scanner', rule: '', why: 'exit code 1', quarantine: 'Q1F7B' },
      ['POP3 [sales] Message 6 put into quarantine as Q1F7B (scanner): exit code 1'],
      ['POP3 [sales] Message 6 mis en quarantaine sous Q1F7B (analyseur) : exit code 1'],
    ],
    [
      { ...box, number: 6, uidl: 'u', by: 'spamassassin', rule: '', why: '7.3 of 5', quarantine: '' },
      ['POP3 [sales] Message 6 dropped (SpamAssassin): 7.3 of 5'],
      ['POP3 [sales] Message 6 supprimé (SpamAssassin) : 7.3 of 5'],
    ],
  ],
  'message.changed': [
    [
      { ...box, number: 7, uidl: 'u', change: 'redirected to <it@company.com>' },
      ['POP3 [sales] Message 7: redirected to <it@company.com>'],
      ['POP3 [sales] Message 7 : redirected to <it@company.com>'],
    ],
  ],
  'message.oversize': [
    [
      {
        ...{ ...box, number: 8, uidl: 'u', bytes: 20_971_520, limit: 10_485_760, setBy: 'mail server' as const },
        ...{ from: 'a@b.c', subject: 'Plans', told: ['sales@company.com', 'a@b.c'] },
      },
      [
        'POP3 [sales] Warning: Message 8 (20.0 Mb) From: <a@b.c> is larger than 10.0 Mb, what the internal server takes: it is not downloaded and stays on the POP3 server.', // S64
        'POP3 [sales] Notice on message 8 to: <sales@company.com>', // S65
        'POP3 [sales] Notice on message 8 to: <a@b.c>', // S67
      ],
      [
        "POP3 [sales] Avertissement : Le message 8 (20,0 Mb) De : <a@b.c> dépasse 10,0 Mb, ce que le serveur interne accepte : il n'est pas téléchargé et reste sur le serveur POP3.",
        'POP3 [sales] Notification au sujet du message 8 à : <sales@company.com>',
        'POP3 [sales] Notification au sujet du message 8 à : <a@b.c>',
      ],
    ],
    [
      {
        ...{ ...box, number: 8, uidl: 'u', bytes: 2_048, limit: 1_024, setBy: 'account' as const },
        ...{ from: 'a@b.c', subject: '', told: [] },
      },
      [
        'POP3 [sales] Warning: Message 8 (2.0 kb) From: <a@b.c> is larger than 1.0 kb, the limit of the account: it is not downloaded and stays on the POP3 server.',
      ],
      [
        "POP3 [sales] Avertissement : Le message 8 (2,0 kb) De : <a@b.c> dépasse 1,0 kb, la limite du compte : il n'est pas téléchargé et reste sur le serveur POP3.",
      ],
    ],
    [
      {
        ...{ ...box, number: 8, uidl: 'u', bytes: 2_048, limit: 1_024, setBy: 'configuration' as const },
        ...{ from: '', subject: '', told: [] },
      },
      [
        'POP3 [sales] Warning: Message 8 (2.0 kb) From: <> is larger than 1.0 kb, the limit set for the internal server: it is not downloaded and stays on the POP3 server.',
      ],
      [
        "POP3 [sales] Avertissement : Le message 8 (2,0 kb) De : <> dépasse 1,0 kb, la limite fixée pour le serveur interne : il n'est pas téléchargé et reste sur le serveur POP3.",
      ],
    ],
  ],
  'message.stuck': [
    [
      { ...box, number: 9, uidl: 'u', reason: 'it broke the session twice.' },
      ['POP3 [sales] *** Error: Message 9 is set aside: it broke the session twice.'],
      ['POP3 [sales] *** Erreur : Le message 9 est mis de côté : it broke the session twice.'],
    ],
  ],
  'mailbox.renumbered': [
    [
      { ...box, known: 40, gone: 38, fresh: 39 },
      [
        'POP3 [sales] *** Error: 38 of 40 known messages are gone and 39 new ones have come: the server seems to have renumbered the mailbox. Nothing is fetched until you answer: mailgate renumbered sales adopt (they are the known ones) or fetch (they are new).',
      ],
      [
        "POP3 [sales] *** Erreur : 38 des 40 messages connus ont disparu et 39 nouveaux sont arrivés : le serveur semble avoir renuméroté la boîte. Rien n'est téléchargé tant que vous n'avez pas répondu : mailgate renumbered sales adopt (ce sont les mêmes) ou fetch (ils sont nouveaux).",
      ],
    ],
    [
      { ...box, known: 2, gone: 1, fresh: 1 },
      [
        'POP3 [sales] *** Error: 1 of 2 known messages is gone and 1 new one has come: the server seems to have renumbered the mailbox. Nothing is fetched until you answer: mailgate renumbered sales adopt (they are the known ones) or fetch (they are new).',
      ],
      [
        "POP3 [sales] *** Erreur : 1 des 2 messages connus a disparu et 1 nouveau est arrivé : le serveur semble avoir renuméroté la boîte. Rien n'est téléchargé tant que vous n'avez pas répondu : mailgate renumbered sales adopt (ce sont les mêmes) ou fetch (ils sont nouveaux).",
      ],
    ],
  ],
  'message.deleted': [
    [{ ...box, uidl: 'u', why: 'delivered' }, [], []],
    [
      { ...box, uidl: 'u', why: 'age' }, // S57
      ['POP3 [sales] Deleted from the POP3 server: u (its days there are over).'],
      ['POP3 [sales] Supprimé du serveur POP3 : u (durée de conservation écoulée).'],
    ],
    [
      { ...box, uidl: 'u', why: 'spam' },
      ['POP3 [sales] Deleted from the POP3 server: u (refused as spam).'],
      ['POP3 [sales] Supprimé du serveur POP3 : u (refusé comme indésirable).'],
    ],
    [
      { ...box, uidl: 'u', why: 'rule' },
      ['POP3 [sales] Deleted from the POP3 server: u (stopped by a rule).'],
      ['POP3 [sales] Supprimé du serveur POP3 : u (intercepté par une règle).'],
    ],
    [
      { ...box, uidl: 'u', why: 'operator' },
      ['POP3 [sales] Deleted from the POP3 server: u (by an operator).'],
      ['POP3 [sales] Supprimé du serveur POP3 : u (par un opérateur).'],
    ],
  ],
  'quarantine.changed': [
    [
      { ids: ['Q1F7B'], change: 'released', by: 'anna' },
      ['Quarantine: Q1F7B released by anna.'],
      ['Quarantaine : Q1F7B libéré par anna.'],
    ],
    [
      { ids: ['Q1F7B', 'Q1F7C'], change: 'deleted', by: 'anna' },
      ['Quarantine: 2 messages deleted by anna.'],
      ['Quarantaine : 2 messages supprimés par anna.'],
    ],
    [
      { ids: ['Q1F7B', 'Q1F7C'], change: 'expired', by: 'retention' },
      ['Quarantine: 2 messages expired.'],
      ['Quarantaine : 2 messages expirés.'],
    ],
  ],
  'report.mailed': [
    [
      { report: 'session log', to: 'it@company.com', reply: '250 ok' }, // S35
      ['Session log mailed to: <it@company.com> (250 ok)'],
      ['Journal de session envoyé à : <it@company.com> (250 ok)'],
    ],
    [
      { report: 'notice', to: 'it@company.com', reply: '250 ok' },
      ['Notice mailed to: <it@company.com> (250 ok)'],
      ['Notification envoyée à : <it@company.com> (250 ok)'],
    ],
  ],
  'report.failed': [
    [
      { report: 'session log', to: 'it@company.com', reason: '451 later' },
      ['*** Error: The session log for <it@company.com> could not be handed to the internal server: 451 later'],
      [
        "*** Erreur : Le journal de session destiné à <it@company.com> n'a pas pu être remis au serveur interne : 451 later",
      ],
    ],
    [
      { report: 'notice', to: 'it@company.com', reason: '451 later' },
      ['*** Error: The notice for <it@company.com> could not be handed to the internal server: 451 later'],
      [
        "*** Erreur : La notification destinée à <it@company.com> n'a pas pu être remise au serveur interne : 451 later",
      ],
    ],
  ],
  'session.logged': [[{ session: 12, file: 'Session12.log' }, [], []]],
  'account.noted': [[{ account: 'sales', note: 'token dies in 6 days' }, [], []]],
  'signin.changed': [
    [
      { subject: 'sales', signedIn: true, user: 'anna@pytheas.com', reason: '' }, // G06
      ['sales is signed in as anna@pytheas.com.'],
      ['sales est authentifié en tant que anna@pytheas.com.'],
    ],
    [{ subject: 'sales', signedIn: true, user: '', reason: '' }, ['sales is signed in.'], ['sales est authentifié.']],
    [
      { subject: 'sales', signedIn: false, user: '', reason: 'invalid_grant' },
      ['*** Error: sales is not signed in any more: invalid_grant'],
      ["*** Erreur : sales n'est plus authentifié : invalid_grant"],
    ],
  ],
  'doctor.step': [[{ run: 'r', step: 'connect', ran: 'TCP', saw: 'connected', verdict: 'ok', advice: '' }, [], []]],
  'listener.opened': [
    [
      { folder: '/var/lib/mailgate/Outgoing', address: '0.0.0.0', port: 2500 },
      ['Now queuing outbound messages in /var/lib/mailgate/Outgoing; listening on TCP port 2500.'], // S51
      [
        "Les messages sortants sont mis en file d'attente dans /var/lib/mailgate/Outgoing ; écoute sur le port TCP 2500.",
      ],
    ],
  ],
  'listener.failed': [
    [
      { address: '0.0.0.0', port: 2500, reason: 'EADDRINUSE', taken: true },
      [
        '*** Error: Cannot listen on TCP port 2500: another service uses it. Stop that service, or choose another port here and in the mail server.', // S104
      ],
      [
        "*** Erreur : Impossible d'écouter sur le port TCP 2500 : un autre service l'utilise. Arrêtez ce service, ou choisissez un autre port ici et dans le serveur de messagerie.",
      ],
    ],
    [
      { address: '0.0.0.0', port: 25, reason: 'permission denied', taken: false },
      ['*** Error: Cannot listen on TCP port 25: permission denied'],
      ["*** Erreur : Impossible d'écouter sur le port TCP 25 : permission denied"],
    ],
  ],
  'listener.closed': [[{ port: 2500 }, [], []]],
  'queue.connected': [
    [
      { connection: 1, peer: 'your-mail-server [192.168.1.5]', esmtp: true },
      ['Queue [1] ESMTP Connection accepted from: your-mail-server [192.168.1.5]'], // S100
      ['Queue [1] ESMTP Connection accepted from: your-mail-server [192.168.1.5]'],
    ],
    [
      { connection: 2, peer: 'old [192.168.1.6]', esmtp: false },
      ['Queue [2] SMTP Connection accepted from: old [192.168.1.6]'],
      ['Queue [2] SMTP Connection accepted from: old [192.168.1.6]'],
    ],
  ],
  'queue.accepted': [
    [
      { ...envelope, connection: 1, id: 'Pmg1F7B', size: 3798, priority: 'high', bytes: 3_798 },
      [
        'Queue [1] Mail From: <webmaster@pytheas.com> SIZE=3798 (Pmg1F7B.tmp, Priority: High)', // S100, S101
        'Queue [1] Rcpt To: <somebody@somedomain.com>',
        'Queue [1] Subject: A sample message',
      ],
      [
        'Queue [1] Mail From: <webmaster@pytheas.com> SIZE=3798 (Pmg1F7B.tmp, Priority: High)',
        'Queue [1] Rcpt To: <somebody@somedomain.com>',
        'Queue [1] Subject: A sample message',
      ],
    ],
    [
      {
        connection: 7,
        id: 'Pmg1F7C',
        size: null,
        priority: 'normal',
        bytes: 1,
        sender: '',
        recipients: ['a@b.c', 'd@e.f'],
        subject: '',
      },
      [
        'Queue [7] MAIL FROM: <> (Pmg1F7C.tmp)',
        'Queue [7] Rcpt To: <a@b.c>',
        'Queue [7] Rcpt To: <d@e.f>',
        'Queue [7] Subject:',
      ], // S120
      [
        'Queue [7] MAIL FROM: <> (Pmg1F7C.tmp)',
        'Queue [7] Rcpt To: <a@b.c>',
        'Queue [7] Rcpt To: <d@e.f>',
        'Queue [7] Subject:',
      ],
    ],
    [
      { ...envelope, connection: 1, id: 'Pmg1F7B', size: null, priority: 'low', bytes: 1, recipients: [] },
      [
        'Queue [1] Mail From: <webmaster@pytheas.com> (Pmg1F7B.tmp, Priority: Low)',
        'Queue [1] Subject: A sample message',
      ],
      [
        'Queue [1] Mail From: <webmaster@pytheas.com> (Pmg1F7B.tmp, Priority: Low)',
        'Queue [1] Subject: A sample message',
      ],
    ],
  ],
  'queue.refused': [
    [
      { connection: 3, peer: 'x [10.0.0.9]', what: 'Rcpt To: <a@b.c>', reply: '550 5.7.1 Relaying denied' },
      ['Queue [3] *** Error: Rcpt To: <a@b.c>: 550 5.7.1 Relaying denied'],
      ['Queue [3] *** Error: Rcpt To: <a@b.c>: 550 5.7.1 Relaying denied'],
    ],
  ],
  'queue.disconnected': [
    [{ connection: 1, peer: 'x', messages: 1 }, ['Queue [1] Connection closed.'], ['Queue [1] Connection closed.']],
  ],
  'queue.counted': [[{ waiting: 1, sending: 0, deferred: 0, held: 0, bytes: 1, oldestAt: null }, [], []]],
  'queue.changed': [
    [
      { ids: ['Pmg1F7B'], total: 1, change: 'held', by: 'anna', reason: 'check first' },
      ['Queue: Pmg1F7B.tmp held by anna (check first).'],
      ['Queue: Pmg1F7B.tmp retenu par anna (check first).'],
    ],
    [
      { ids: ['Pmg1F7B', 'Pmg1F7C'], total: 2_000, change: 'dropped', by: 'anna', reason: '' },
      ['Queue: 2000 messages dropped by anna.'],
      ['Queue: 2000 messages supprimés par anna.'],
    ],
    [
      { ids: ['Pmg1F7B'], total: 1, change: 'rerouted', by: 'anna', reason: '', to: 'partner' },
      ['Queue: Pmg1F7B.tmp rerouted to partner by anna.'],
      ['Queue: Pmg1F7B.tmp dirigé vers partner par anna.'],
    ],
  ],
  'queue.silenced': [
    [
      { id: 'Pmg1F7B', sender: 'info@pytheas.com', subject: 'Not read: Offer', prefix: 'Not read:' },
      [
        'Queue: Pmg1F7B.tmp from <info@pytheas.com> dropped silently: its subject begins with "Not read:" (Not read: Offer).',
      ],
      [
        'Queue: Pmg1F7B.tmp de <info@pytheas.com> supprimé sans avis : son objet commence par « Not read: » (Not read: Offer).',
      ],
    ],
  ],
  'queue.unrecognised': [
    [
      { id: 'Pmg1F7B', sender: 'unexped@votredom.fr', subject: 'objet du message' },
      ["Queue: Warning: Sender's address unknown: <unexped@votredom.fr> (objet du message)."],
      ["Queue: Avertissement : Adresse de l'expéditeur inconnue : <unexped@votredom.fr> (objet du message)."],
    ],
  ],
  'queue.warned': [
    [
      { id: 'Pmg5C47', report: 'Pmg5C48', to: 'sales@pytheas.com' },
      ['Queue: Pmg5C47.tmp still waits: <sales@pytheas.com> is told (Pmg5C48.tmp).'],
      ['Queue: Pmg5C47.tmp attend encore : <sales@pytheas.com> en est averti (Pmg5C48.tmp).'],
    ],
  ],
  'queue.confirmed': [
    [
      { id: 'Pmg5C47', report: 'Pmg5C48', to: 'sales@pytheas.com' },
      ['Queue: Pmg5C47.tmp was relayed: <sales@pytheas.com> is told (Pmg5C48.tmp).'],
      ['Queue: Pmg5C47.tmp a été relayé : <sales@pytheas.com> en est averti (Pmg5C48.tmp).'],
    ],
  ],
  'queue.damaged': [
    [
      { id: 'Pmg5C47', reason: '9 octets of 10 are there', file: 'Pmg5C47.tmp' },
      ['Queue: *** Error: Pmg5C47.tmp is damaged (9 octets of 10 are there): it was moved to corrupt/Pmg5C47.tmp.'],
      [
        'Queue: *** Erreur : Pmg5C47.tmp est endommagé (9 octets of 10 are there) : il est déplacé dans corrupt/Pmg5C47.tmp.',
      ],
    ],
    [
      { id: 'Pmg5C47', reason: '9 octets of 10 are there', file: '' },
      ['Queue: *** Error: Pmg5C47.tmp is damaged (9 octets of 10 are there): it is held.'],
      ['Queue: *** Erreur : Pmg5C47.tmp est endommagé (9 octets of 10 are there) : il est retenu.'],
    ],
  ],
  'queue.purged': [
    [
      { total: 2, why: 'age', by: 'gateway', reason: '' },
      ['Trash: 2 messages deleted for good: the days there are over.'],
      ['Corbeille : 2 messages effacés définitivement, durée de conservation écoulée.'],
    ],
    [
      { total: 1, why: 'operator', by: 'anna', reason: 'asked for' },
      ['Trash: 1 message deleted for good by anna (asked for).'],
      ['Corbeille : 1 message effacé définitivement par anna (asked for).'],
    ],
  ],
  'queue.frozen': [
    [
      { frozen: { by: 'anna', reason: 'virus', until: null }, by: 'anna', reason: 'virus' },
      ['Queue: new messages are held until they are released, by anna (virus).'],
      ["Queue: les nouveaux messages sont retenus jusqu'à leur libération, par anna (virus)."],
    ],
    [
      { frozen: null, by: 'expiry', reason: '' },
      ['Queue: new messages are sent again, by expiry.'],
      ['Queue: les nouveaux messages sont de nouveau envoyés, par expiry.'],
    ],
  ],
  'transfer.paused': [
    [
      { paused: { by: 'anna', reason: 'line down', until: null }, by: 'anna', reason: 'line down' },
      ['Sending paused by anna (line down).'],
      ['Envoi suspendu par anna (line down).'],
    ],
    [{ paused: null, by: 'anna', reason: '' }, ['Sending resumed by anna.'], ['Envoi repris par anna.']],
  ],
  'queue.removed': [[{ id: 'Pmg1F7B', result: 'sent' }, [], []]],
  'queue.returned': [
    [
      { id: 'Pmg5C47', report: 'Pmg5C48', to: 'sales@pytheas.com' },
      ['Queue: Pmg5C47.tmp returned to <sales@pytheas.com> (Pmg5C48.tmp).'],
      ['Queue: Pmg5C47.tmp renvoyé à <sales@pytheas.com> (Pmg5C48.tmp).'],
    ],
  ],
  'queue.unreported': [
    [
      { id: 'Pmg5C47', sender: 'unexped@votredom.fr', subject: 'objet du message', why: 'unknown sender' },
      ["Queue: *** Error: No notification to: <unexped@votredom.fr> (objet du message). Sender's address unknown."], // S116
      [
        "Queue: *** Erreur : Pas de notification à : <unexped@votredom.fr> (objet du message). Adresse de l'expéditeur inconnue.",
      ],
    ],
    [
      { id: 'Pmg5C47', sender: '', subject: 'Absent', why: 'null sender' },
      ['Queue: *** Error: No notification to: <> (Absent). The sender is empty.'],
      ["Queue: *** Erreur : Pas de notification à : <> (Absent). L'expéditeur est vide."],
    ],
  ],
  'transfer.connected': [
    [
      { relay: 'smtprelay.isp.com', login: true, esmtp: true, maxSize: 21_000_000, dsn: true },
      ['Send: Connecting to smtprelay.isp.com...Login successful...done. (ESMTP, Max size: 21000000, DSN)'], // S110
      ['Send: Connecting to smtprelay.isp.com...Login successful...done. (ESMTP, Max size: 21000000, DSN)'],
    ],
    [
      { relay: 'old', login: false, esmtp: false, maxSize: null, dsn: false },
      ['Send: Connecting to old...done. (SMTP)'],
      ['Send: Connecting to old...done. (SMTP)'],
    ],
  ],
  'transfer.unconnected': [
    [
      { relay: 'smtprelay.isp.com', login: false, reason: 'connection refused' },
      ['Send: Connecting to smtprelay.isp.com...*** Error: connection refused'],
      ['Send: Connecting to smtprelay.isp.com...*** Error: connection refused'],
    ],
  ],
  'transfer.started': [
    [
      {
        id: 'Pmg5C47',
        relay: 'smtprelay.isp.com',
        sender: 'pmgsupport@pytheas.com',
        bytes: 7_578,
        queuedAt: '2015-01-01T09:09:54.000Z',
        recipients: ['webmaster@pytheas.com'],
        subject: 'This is an outgoing message',
      },
      [
        'Send: Mail From: <pmgsupport@pytheas.com> (Pmg5C47.tmp, 7.4 kb, queued: 2015-01-01 10:09:54)',
        'Send: Rcpt To: <webmaster@pytheas.com>',
        'Send: Subject: This is an outgoing message',
      ],
      [
        'Send: Mail From: <pmgsupport@pytheas.com> (Pmg5C47.tmp, 7,4 kb, queued: 01/01/2015 10:09:54)', // S111
        'Send: Rcpt To: <webmaster@pytheas.com>',
        'Send: Subject: This is an outgoing message',
      ],
    ],
  ],
  'transfer.sent': [
    [
      { id: 'Pmg5C47', relay: 'r', bytes: 7_578, recipients: [{ address: 'a@b.c', reply: '250 ok' }], final: true },
      ['Send: Message sent (7.4 kb).'],
      ['Send: Message sent (7,4 kb).'],
    ],
    [
      { id: 'Pmg5C47', relay: 'r', bytes: 7_578, recipients: [{ address: 'a@b.c', reply: '250 ok' }], final: false },
      ['Send: Message sent (7.4 kb) to <a@b.c>.'],
      ['Send: Message sent (7,4 kb) to <a@b.c>.'],
    ],
  ],
  'transfer.deferred': [
    [
      {
        id: 'Pmg1F7B',
        relay: 'r',
        recipients: ['somebody@somedomain.com'],
        reason: '451 4.7.1 Greylisted.',
        nextAttemptAt: '2015-01-01T09:58:00.000Z',
      },
      ['Send: *** Error: <somebody@somedomain.com> 451 4.7.1 Greylisted; next attempt 10:58.'],
      ['Send: *** Error: <somebody@somedomain.com> 451 4.7.1 Greylisted; next attempt 10:58.'],
    ],
    [
      {
        id: 'Pmg1F7B',
        relay: 'r',
        recipients: [],
        reason: 'connection refused',
        nextAttemptAt: '2015-01-02T02:00:00.000Z',
      },
      ['Send: *** Error: Pmg1F7B.tmp: connection refused; next attempt 2015-01-02 03:00:00.'],
      ['Send: *** Error: Pmg1F7B.tmp: connection refused; next attempt 02/01/2015 03:00:00.'],
    ],
  ],
  'transfer.failed': [
    [
      { id: 'Pmg1F7B', relay: 'r', recipients: [{ address: 'a@b.c', reply: '550 5.1.1 unknown' }] },
      ['Send: *** Error: <a@b.c> refused: 550 5.1.1 unknown'],
      ['Send: *** Error: <a@b.c> refused: 550 5.1.1 unknown'],
    ],
  ],
  'transfer.closed': [[{ relay: 'r' }, ['Send: Outbound connection closed.'], ['Send: Outbound connection closed.']]],
  'trace.switched': [
    [
      { ...off, trace: 'pop3', by: 'anna', on: true, account: 'sales' },
      ['POP3 trace activated for sales.'],
      ['Trace POP3 activée pour sales.'],
    ],
    [
      { ...off, trace: 'smtp-in', by: 'anna' },
      ['Inbound SMTP trace deactivated.'],
      ['Trace SMTP entrante désactivée.'],
    ],
    [{ ...off, trace: 'pop3', by: 'configuration' }, [], []],
    [{ ...off, trace: 'pop3', by: 'expiry', on: true, sessions: 1 }, [], []],
    [{ ...off, trace: 'pop3', by: 'expiry' }, ['POP3 trace deactivated.'], ['Trace POP3 désactivée.']],
  ],
  'trace.activated': [
    [{ trace: 'pop3', session: 12, account: null }, ['POP3 trace activated.'], ['Trace POP3 activée.']], // S52, S95
    [
      { trace: 'pop3', session: 12, account: 'sales' },
      ['POP3 trace activated for sales.'],
      ['Trace POP3 activée pour sales.'],
    ],
    [
      { trace: 'smtp-in', session: 12, account: null },
      ['Inbound SMTP trace activated.'],
      ['Trace SMTP entrante activée.'],
    ],
    [
      { trace: 'smtp-out', session: 12, account: null },
      ['SMTP trace for sending outgoing mail activated.'],
      ["Trace SMTP pour l'envoi du courrier sortant activée."],
    ],
  ],
  'trace.line': [
    [
      { trace: 'pop3', scope: 'sales', direction: '>', line: 'PASS XXXX' },
      ['POP3 trace [sales] >>PASS XXXX'],
      ['Trace POP3 [sales] >>PASS XXXX'],
    ],
    [
      { trace: 'smtp-out', scope: 'r', direction: '*', line: 'connected' },
      ['Outbound SMTP trace [r] ** connected'],
      ['Trace SMTP sortante [r] ** connected'],
    ],
  ],
  'alert.raised': [
    [{ key: 'k', message: 'Look.', about: 'sales' }, ['Alert: sales: Look.'], ['Alerte : sales: Look.']],
    [{ key: 'k', message: 'Look.', about: '' }, ['Alert: Look.'], ['Alerte : Look.']],
  ],
  'alert.cleared': [[{ key: 'k', message: 'Over.' }, [], []]],
  'alert.kept': [[{ key: 'k', message: 'Look.', about: '', since: '2026-11-24T09:00:00.000Z', from: 'alert' }, [], []]],
  'command.done': [
    [
      { method: 'queue.hold', by: 'anna', what: 'Pmg1F7B', result: '1 changed' },
      ['Command queue.hold by anna: Pmg1F7B (1 changed)'],
      ['Commande queue.hold par anna : Pmg1F7B (1 changed)'],
    ],
  ],
};

const table = Object.entries(samples).flatMap(([type, cases]) =>
  cases.map(([fact, en, fr]) => ({ type, fact: { type, ...fact } as Fact, en, fr })),
);

test.each(table)('S48 S100 S110 S111: $type in English and French', ({ fact, en, fr }) => {
  expect(lines(fact, 'en')).toEqual(en);
  expect(lines(fact, 'fr')).toEqual(fr);
});

test('MSG03: a subject with a line break and an escape stays one harmless line', () => {
  const fact: Fact = {
    ...box,
    type: 'message.fetched',
    number: 1,
    uidl: 'u',
    bytes: 1,
    from: 'a@b.c',
    subject: 'a\r\n[10:10] Session 99 \u001b[2J',
  };
  expect(lines(fact, 'en')).toEqual([
    'POP3 [sales] Message 1 (0.0 kb) From: <a@b.c> Subject: a\\x0d\\x0a[10:10] Session 99 \\x1b[2J',
  ]);
});

test('no event, whatever is in it, makes a line that a terminal would obey', () => {
  fc.assert(
    fc.property(facts, fc.constantFrom('en', 'fr'), (fact, language) => {
      for (const line of linesOf({ ...fact, seq: 1, at: '2026-11-24T10:00:00.000Z' }, language, { zone: ZONE }))
        expect(line).toMatch(/^\[11:00\] [^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+$/u);
    }),
  );
});

test.each([
  [0, '0.0 kb'],
  [51, '0.0 kb'],
  [52, '0.1 kb'],
  [1_024, '1.0 kb'],
  [7_578, '7.4 kb'],
  [1_048_575, '1024.0 kb'],
  [1_048_576, '1.0 Mb'],
  [52_428_800, '50.0 Mb'],
])('%i octets are written %s', (octets, text) => {
  expect(formatSize(octets, 'en')).toBe(text);
  expect(formatSize(octets, 'fr')).toBe(text.replace('.', ','));
});

test.each([
  ['Europe/Paris', '2026-03-29T00:59:59.000Z', '2026-03-29 01:59:59', '29/03/2026 01:59:59', '01:59'],
  ['Europe/Paris', '2026-03-29T01:00:00.000Z', '2026-03-29 03:00:00', '29/03/2026 03:00:00', '03:00'],
  ['UTC', '2015-01-01T00:00:00.000Z', '2015-01-01 00:00:00', '01/01/2015 00:00:00', '00:00'],
  ['America/Los_Angeles', '2015-01-01T00:00:00.000Z', '2014-12-31 16:00:00', '31/12/2014 16:00:00', '16:00'],
])('S111: in %s %s is %s', (zone, instant, en, fr, clock) => {
  expect(formatDate(instant, 'en', zone)).toBe(en);
  expect(formatDate(instant, 'fr', zone)).toBe(fr);
  expect(formatClock(instant, zone)).toBe(clock);
});

test('what is no instant is shown as a dash', () => {
  expect(formatDate('', 'en', 'UTC')).toBe('-');
  expect(formatClock('soon')).toBe('-');
});

test('without a zone the clock is that of the system', () => {
  const at = new Date('2026-11-24T10:07:00.000Z');
  const clock = `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`;
  expect(formatClock(at.toISOString())).toBe(clock);
  expect(formatDate(at.toISOString(), 'en').slice(11, 16)).toBe(clock);
});
