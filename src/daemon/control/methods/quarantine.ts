/** `quarantine.show`, `release` and `delete`: a name that cannot be one is not looked up (WS11). */
import type { ParsedParamsOf, ResultOf } from '../../../protocol/commands.ts';
import { CallError } from '../../../protocol/errors.ts';
import type { Gateway } from '../gateway.ts';
import type { Command, MethodParts, Run } from './method.ts';
import { toldChange, toldNames } from './told.ts';

/** Letters, digits and hyphens: nothing that a path is made of. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9-]*$/;

type Change = ParsedParamsOf<'quarantine.release'>;
type Changed = ResultOf<'quarantine.release'>;

export function quarantineMethods({ gateway }: MethodParts): {
  'quarantine.show': Run<'quarantine.show'>;
  'quarantine.release': Command<'quarantine.release'>;
  'quarantine.delete': Command<'quarantine.delete'>;
} {
  return {
    async 'quarantine.show'(params, { by }) {
      if (!NAME.test(params.id)) throw new CallError('not_found', `${NO_SUCH}: "${params.id}".`);
      return await gateway.answers['quarantine.show'](params, by);
    },
    'quarantine.release': change(gateway, 'quarantine.release'),
    'quarantine.delete': change(gateway, 'quarantine.delete'),
  };
}

function change(gateway: Gateway, method: 'quarantine.release' | 'quarantine.delete') {
  return {
    what: ({ ids, reason }: Change) => toldNames(ids, reason),
    async run({ ids, ...how }: Change, { by }: { by: string }): Promise<Changed> {
      const odd = ids.filter((id) => !NAME.test(id)).map((id) => ({ id, why: NO_SUCH }));
      const names = [...new Set(ids)].filter((id) => NAME.test(id));
      if (names.length === 0) throw new CallError('not_found', `${NO_SUCH}: ${ids.slice(0, 5).join(', ')}`);
      const { changed, skipped } = await gateway.answers[method]({ ...how, ids: names }, by);
      return { changed, skipped: [...skipped, ...odd] };
    },
    told: toldChange,
  };
}

const NO_SUCH = 'no such message in quarantine';
