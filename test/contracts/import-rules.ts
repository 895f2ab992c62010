/** Who may import whom (docs/journey.md): read from the import lines of the sources, types included. */

export interface Source {
  /** From the project's root, `src/daemon/inbound/mailbox.ts`. */
  path: string;
  text: string;
}

interface Rule {
  /** Sources that the rule speaks of. */
  of: RegExp;
  /** What they may import of ours; packages are not meant here. */
  may: RegExp[];
}

const BASE = [/^src\/protocol\/(model|events)\.ts$/, /^src\/daemon\/base\//];
const MAIL = /^src\/daemon\/mail\//;
/** What reports say and answer: the words of the log, and the methods of `logs` and `alerts`. */
const SAID = /^src\/protocol\/(lines|phrases|safe|commands|errors)\.ts$/;
const PARTS = [MAIL, /^src\/daemon\/(pop3|smtp|store|config)\//];
const STAGES = ['inbound', 'routing', 'rules', 'delivery', 'outbound'];

/** The first rule whose `of` fits decides. */
const rules: Rule[] = [
  { of: /^src\/protocol\//, may: [/^src\/protocol\//] },
  { of: /^src\/daemon\/base\//, may: BASE },
  { of: MAIL, may: [...BASE, MAIL] },
  ...['pop3', 'smtp', 'store', 'config'].map((part) => ({ of: folder(part), may: [...BASE, MAIL, folder(part)] })),
  // Tokens are given out to whoever logs in; who that is, and how, is not known there.
  { of: folder('signin'), may: [...BASE, MAIL, folder('config'), folder('store'), folder('signin')] },
  // A stage hands on through a function that it is given: no stage knows another. What a session and a command answer is
  // the protocol's noun (`SessionReport`), so the stages may know protocol/commands too.
  ...STAGES.map((stage) => ({
    of: folder(stage),
    may: [...BASE, /^src\/protocol\/commands\.ts$/, ...PARTS, folder(stage)],
  })),
  ...['reports', 'traces'].map((part) => ({
    of: folder(part),
    may: [...BASE, MAIL, SAID, folder('store'), folder('config'), folder(part)],
  })),
  // What a command answers, and how it refuses, are the protocol's nouns.
  {
    of: folder('tools'),
    may: [...BASE, /^src\/protocol\/(commands|errors|safe)\.ts$/, ...PARTS, ...STAGES.map(folder), folder('tools')],
  },
  // The store's interface is types only: ring, audit trail and filter are what the control protocol serves.
  {
    of: folder('control'),
    may: [/^src\/protocol\//, /^src\/daemon\/base\//, /^src\/daemon\/store\/store\.ts$/, folder('control')],
  },
  { of: /^src\/daemon\/[^/]+\.ts$/, may: [/^src\/(daemon|protocol)\//] },
  { of: /^src\/tui\//, may: [/^src\/(tui|protocol)\//] },
  { of: /^src\/cli\//, may: [/^src\/(cli|protocol)\//] },
  { of: /^demo\//, may: [/^(demo|src)\//] },
];

function folder(name: string): RegExp {
  return new RegExp(`^src/daemon/${name}/`);
}

const packageRules: { name: RegExp; only: RegExp; why: string }[] = [
  {
    name: /^ws$/,
    only: /^(src\/daemon\/control\/server|src\/protocol\/client)\.ts$/,
    why: 'ws is for control/server and protocol/client',
  },
  { name: /^zod$/, only: /^src\/(protocol|daemon\/config)\//, why: 'zod is for protocol and config' },
  { name: /^(ink|react)(\/|$)/, only: /^src\/tui\//, why: 'ink and react are for the TUI' },
  { name: /^node:sqlite$/, only: /^src\/daemon\/store\//, why: 'node:sqlite is for the store' },
];

/** One sentence for each import that breaks a rule. */
export function violations(sources: Source[]): string[] {
  return sources.flatMap((source) => [...imports(source), ...processUses(source)]);
}

function imports({ path, text }: Source): string[] {
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g)].map(([, name]) => name ?? '');
  return specifiers.flatMap((specifier) =>
    specifier.startsWith('.') ? ownImport(path, specifier) : packageImport(path, specifier),
  );
}

function ownImport(path: string, specifier: string): string[] {
  const target = new URL(specifier, `file:///${path}`).pathname.slice(1);
  const rule = rules.find(({ of }) => of.test(path));
  if (!rule) return [`${path}: no rule says what it may import`];
  return rule.may.some((allowed) => allowed.test(target)) ? [] : [`${path} may not import ${target}`];
}

function packageImport(path: string, name: string): string[] {
  const broken = packageRules.find((rule) => rule.name.test(name) && !rule.only.test(path) && path.startsWith('src/'));
  return broken ? [`${path} may not import ${name}: ${broken.why}`] : [];
}

function processUses({ path, text }: Source): string[] {
  if (!path.startsWith('src/') || path === 'src/cli/main.ts') return [];
  const used = /\bprocess\.(env|argv|exit)\b/.exec(text);
  return used ? [`${path} uses ${used[0]}: only src/cli/main.ts may`] : [];
}
