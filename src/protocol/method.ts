/** A row of the table of methods: who may call it, what it does in one sentence, parameters and result. */
import type { z } from 'zod';
import type { Role } from './model.ts';

export function method<P extends z.ZodType, R extends z.ZodType>(who: Role, does: string, params: P, result: R) {
  return { who, does, params, result };
}
