/** `mailgate queue export`: messages as files, octet by octet as they came in, under their names. */
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { CallError } from '../protocol/errors.ts';
import type { Commands } from './commands.ts';
import { exits, Failure } from './exits.ts';
import { type Link, PATIENT, withLink } from './link.ts';
import { pagesAfter } from './list.ts';
import { selecting, type Selection, selectionOf, type SelectionOptions } from './queue-selection.ts';
import { queueTexts } from './texts/queue.ts';
import { remark, say, sayJson, type World } from './world.ts';

interface ExportOptions extends SelectionOptions {
  to: string;
}

/** Octets asked for at a time: their base64 fits an answer that other answers need not wait for. */
const PIECE = 45_000;

/** Names asked for at a time. */
const PAGE = 500;

export function addQueueExport(queue: Command, { run, world }: Commands): void {
  const command = queue
    .command('export')
    .description('Writes messages to files, named as in the queue. What lies in the trash can be named, too.')
    .requiredOption('--to <dir>', 'the folder for the files; it is made when it is not there');
  selecting(command, 'mailgate queue export Pmg1F7B --to /tmp/mail').action(
    run((ids: string[], options: ExportOptions) => exportMessages(world, selectionOf(ids, options), options)),
  );
}

async function exportMessages(world: World, selection: Selection, options: ExportOptions): Promise<number> {
  const { to, reason } = options;
  await mkdir(to, { recursive: true, mode: 0o700 }).catch((error: Error) => {
    throw new Failure(exits.usage, `The folder cannot be made: ${error.message}`);
  });
  return await withLink(world, options, async (link) => {
    const own = queueTexts[link.language];
    let written = 0;
    let failed = 0;
    for await (const id of namesOf(link, selection)) {
      try {
        const one = await exportOne(link, id, { to, reason });
        written += 1;
        if (options.json) sayJson(world, one);
      } catch (error) {
        if (!(error instanceof CallError || error instanceof NotWritten)) throw error;
        if (error instanceof CallError && error.reason === 'unreachable') throw error;
        failed += 1;
        remark(world, `${id}: ${error instanceof NotWritten ? error.of(own.exportFailed) : error.message}`);
      }
    }
    if (!options.json) say(world, own.exported(written, to));
    return failed > 0 ? exits.errors : exits.done;
  });
}

async function* namesOf({ call }: Link, selection: Selection): AsyncIterable<string> {
  if ('ids' in selection) {
    yield* selection.ids;
    return;
  }
  const filter = 'filter' in selection ? selection.filter : '';
  const pages = pagesAfter(
    async (place) => {
      const { messages, ...page } = await call('queue.list', { filter, ...place });
      return { ...page, items: messages };
    },
    { page: PAGE },
  );
  for await (const { items } of pages) for (const { id } of items) yield id;
}

/** Why a file was not written; its words are in the language of the reader. */
class NotWritten extends Error {
  override name = 'NotWritten';
  readonly of: (texts: { there: string; odd: string }) => string;

  constructor(of: NotWritten['of']) {
    super('not written');
    this.of = of;
  }
}

/** Under its name only once it is whole, and never over a file that is there. */
async function exportOne(
  { call }: Link,
  id: string,
  { to, reason }: { to: string; reason: string | undefined },
): Promise<{ id: string; file: string; bytes: number; digest: string }> {
  const opened = await call('queue.export', { id, ...(reason === undefined ? {} : { reason }) }, PATIENT);
  const file = join(to, opened.file);
  const taken = await open(file, 'wx', 0o600).catch(refused);
  await taken.close();
  const part = `${file}.part`;
  try {
    await using handle = await open(part, 'w', 0o600);
    await copy(call, opened, handle);
    await rename(part, file);
  } catch (error) {
    await Promise.all([rm(part, { force: true }), rm(file, { force: true })]);
    throw error;
  }
  return { ...opened, file };
}

function refused(error: NodeJS.ErrnoException): never {
  throw new NotWritten(({ there }) => (error.code === 'EEXIST' ? there : error.message));
}

async function copy(
  call: Link['call'],
  { id, bytes, digest }: { id: string; bytes: number; digest: string },
  file: FileHandle,
): Promise<void> {
  const hash = createHash('sha256');
  for (let offset = 0; offset < bytes; ) {
    const { octets } = await call('queue.read', { id, offset, limit: PIECE });
    const piece = Buffer.from(octets, 'base64');
    if (piece.length === 0) break;
    hash.update(piece);
    await file.write(piece);
    offset += piece.length;
  }
  await file.sync();
  if (hash.digest('hex') !== digest) throw new NotWritten(({ odd }) => odd);
}
