/** `docs/protocol.md`: drawn from the tables of methods, events, errors and limits, so that it cannot tell anything else. */
import { z } from 'zod';
import { methods, sessionReport } from './commands.ts';
import { closeCodes, errors } from './errors.ts';
import { gatewayEvent, topicOf } from './events.ts';
import { LONGEST_REQUEST, PROTOCOL_VERSION, SUBPROTOCOL } from './frames.ts';
import {
  accountDetail,
  accountStatus,
  attempt,
  counters,
  doctorStep,
  finishedSession,
  inboundConnection,
  mailboxMessage,
  mailboxProgress,
  quarantinedMessage,
  queueCounts,
  queuedMessage,
  recipientState,
  runningSession,
  runningTransfer,
  sessionLog,
  sizeLimit,
  standingAlert,
  traceStatus,
} from './model.ts';
import { gatewayState } from './state.ts';

/** The whole page. */
export function renderProtocolDoc(): string {
  return `${[INTRODUCTION, methodsPart(), eventsPart(), nounsPart(), errorsPart()].join('\n\n')}\n`;
}

const INTRODUCTION = `# The control protocol

<!-- Generated from src/protocol by "npm run docs"; do not edit. -->

Version ${PROTOCOL_VERSION}. JSON-RPC 2.0 over WebSocket, one document a text frame, on the Unix socket \`control.sock\` in the home (mode 0600).
\`src/protocol/client.ts\` is a client; any other that speaks WebSocket on a Unix socket will do.

1. The client may name its version as the subprotocol \`${SUBPROTOCOL}${PROTOCOL_VERSION}\`, itself in \`X-MailGate-User\` (for the audit trail) and ask for less than
   it may with \`X-MailGate-Role\`. An \`Origin\`, or a \`Host\` other than \`localhost\`, is refused with 403.
2. The gateway greets: \`hello\` with \`protocol\`, \`version\`, \`name\`, \`language\`, \`role\`, \`seq\` (of the last event) and \`now\` (its clock). Where the
   versions differ the connection is closed with ${closeCodes.version}.
3. \`subscribe\` answers with a snapshot of the state and its \`seq\`; then come notifications \`events\` (\`{"events":[…],"seq":N}\`), about every 20 ms
   when there are any. Folding them into the snapshot (\`apply\` of \`src/protocol/state.ts\`) gives the state at any time.
4. After a cut, \`subscribe\` with \`since\` (the last \`seq\`) gives exactly the missed events, as long as the ring on disk has them; else a snapshot.
5. A client that does not read costs events, then its connection: \`dropped\` (\`{"count":N}\`) says how many it missed, \`snapshot\` follows; one that
   stands still is closed with ${closeCodes.slow} and may come back. When the gateway stops it closes with ${closeCodes.stopping}.

A request has at most ${LONGEST_REQUEST} octets. Its \`id\` is an integer, or a string; a string of sixteen characters or more is taken as unique for good:
the same call with the same id, on any connection, is done once and answered alike. Unknown parameters are refused. Many unusable requests in a row
close the connection with ${closeCodes.tooManyErrors}. Instants are ISO 8601 in UTC with milliseconds.`;

function methodsPart(): string {
  const parts = Object.entries(methods).map(([name, { who, does, params, result }]) =>
    [
      `### ${name}`,
      `${does} Role: ${who}.`,
      code(
        `params  ${typeText(schemaOf(params, 'input'))}`,
        `result  ${nameOf.get(result) ?? typeText(schemaOf(result, 'output'))}`,
      ),
    ].join('\n\n'),
  );
  return ['## Methods', ...parts].join('\n\n');
}

function eventsPart(): string {
  const rows = gatewayEvent.options.map((option) => {
    const { seq: _seq, at: _at, type, ...fields } = schemaOf(option, 'output').properties ?? {};
    const told = Object.entries(fields).map(([name, field]) => `${name}: ${typeText(field)}`);
    const name = String(type?.const);
    return `| \`${name}\` | ${topicOf(option.shape.type.value)} | ${told.length === 0 ? '' : `\`${told.join(', ').replaceAll('|', '\\|')}\``} |`;
  });
  const head = 'Each has `seq`, `at` and `type`; numbers grow by one, save after a crash, which skips some.';
  return ['## Events', head, ['| type | topic | fields |', '|---|---|---|', ...rows].join('\n')].join('\n\n');
}

/** What methods and events speak of by name. */
const nouns: Record<string, z.ZodType> = {
  State: gatewayState,
  QueuedMessage: queuedMessage,
  RecipientState: recipientState,
  Attempt: attempt,
  SessionReport: sessionReport,
  RunningSession: runningSession,
  FinishedSession: finishedSession,
  AccountStatus: accountStatus,
  AccountDetail: accountDetail,
  SizeLimit: sizeLimit,
  MailboxProgress: mailboxProgress,
  MailboxMessage: mailboxMessage,
  QuarantinedMessage: quarantinedMessage,
  SessionLog: sessionLog,
  DoctorStep: doctorStep,
  StandingAlert: standingAlert,
  QueueCounts: queueCounts,
  Counters: counters,
  TraceStatus: traceStatus,
  RunningTransfer: runningTransfer,
  InboundConnection: inboundConnection,
};
const nameOf = new Map<unknown, string>(
  Object.entries({ ...nouns, Event: gatewayEvent }).map(([name, schema]) => [schema, name]),
);

function nounsPart(): string {
  const parts = Object.entries(nouns).map(([name, schema]) => `type ${name} = ${openText(schemaOf(schema, 'output'))}`);
  return ['## Nouns', code(parts.join('\n\n'))].join('\n\n');
}

function errorsPart(): string {
  const rows = Object.entries(errors).map(
    ([name, { code: number, again, meaning }]) => `| ${number} | \`${name}\` | ${again ? 'yes' : 'no'} | ${meaning} |`,
  );
  return [
    '## Errors',
    ['| code | name | may be tried again | meaning |', '|---|---|---|---|', ...rows].join('\n'),
  ].join('\n\n');
}

const code = (...lines: string[]): string => ['```ts', ...lines, '```'].join('\n');

/** The part of JSON Schema that our schemas come to. */
interface Schema {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  items?: Schema;
  prefixItems?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  default?: unknown;
}

/** Whatever has a name is told by it, save the schema itself. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Schema {
  return z.toJSONSchema(schema, {
    io,
    override({ zodSchema, jsonSchema }) {
      const name = nameOf.get(zodSchema);
      if (name === undefined || (zodSchema as unknown) === schema) return;
      for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
      Object.assign(jsonSchema, { type: name });
    },
  }) as Schema;
}

/** A schema as a TypeScript type, on one line. */
function typeText(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.anyOf) return schema.anyOf.map((one) => typeText(one)).join(' | ');
  if (schema.prefixItems) return `[${schema.prefixItems.map((one) => typeText(one)).join(', ')}]`;
  if (schema.type === 'array') {
    const item = typeText(schema.items ?? {});
    return / \| /.test(item) && !item.startsWith('{') ? `(${item})[]` : `${item}[]`;
  }
  if (schema.type === 'object') {
    const members = membersOf(schema);
    return members.length === 0 ? '{}' : `{ ${members.join('; ')} }`;
  }
  return [schema.type ?? 'unknown'].flat().join(' | ').replace('integer', 'number');
}

/** An object with a line for each of its members. */
function openText(schema: Schema): string {
  return `{\n${membersOf(schema)
    .map((member) => `  ${member};`)
    .join('\n')}\n};`;
}

function membersOf(schema: Schema): string[] {
  return Object.entries(schema.properties ?? {}).map(([name, member]) => memberText(name, member, schema));
}

function memberText(name: string, member: Schema, { required = [] }: Schema): string {
  const preset = member.default === undefined ? '' : ` = ${JSON.stringify(member.default)}`;
  const key = /^\w+$/.test(name) ? name : JSON.stringify(name);
  return `${key}${required.includes(name) ? '' : '?'}: ${typeText(member)}${preset}`;
}
