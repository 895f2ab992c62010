/** Arbitrary facts of the gateway, of every type of the union: made from its schemas, so that none is forgotten. */
import fc, { type Arbitrary } from 'fast-check';
import { z } from 'zod';
import { type EventType, type Fact, gatewayEvent } from '../../src/protocol/events.ts';

const instants = fc
  .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());
const names = fc.constantFrom('sales', 'info', 'Pmg1F7B', 'Pmg1F7C', '', 'é\u0000\u202e');
const INSTANTS = new Set(['at', 'startedAt', 'queuedAt', 'nextAttemptAt', 'nextAt', 'oldestAt', 'until']);

/** The values of a schema, as far as events use schemas. */
function valuesOf(schema: z.ZodType, key = ''): Arbitrary<unknown> {
  if (schema instanceof z.ZodNullable) return fc.option(valuesOf(schema.unwrap() as z.ZodType, key), { nil: null });
  if (schema instanceof z.ZodOptional)
    return fc.option(valuesOf(schema.unwrap() as z.ZodType, key), { nil: undefined });
  if (schema instanceof z.ZodArray) return fc.array(valuesOf(schema.element as z.ZodType), { maxLength: 3 });
  if (schema instanceof z.ZodLiteral) return fc.constant(schema.value);
  if (schema instanceof z.ZodEnum) return fc.constantFrom(...schema.options);
  if (schema instanceof z.ZodNumber) return fc.nat({ max: 50 });
  if (schema instanceof z.ZodBoolean) return fc.boolean();
  if (schema instanceof z.ZodObject) return fc.record(fieldsOf(schema.shape));
  if (schema instanceof z.ZodString) return INSTANTS.has(key) ? instants : names;
  throw new Error(`No values are known for a ${schema.constructor.name} (${key}).`);
}

function fieldsOf(shape: Record<string, unknown>): Record<string, Arbitrary<unknown>> {
  return Object.fromEntries(Object.entries(shape).map(([key, schema]) => [key, valuesOf(schema as z.ZodType, key)]));
}

/** The fact's values by type. */
const factsByType = Object.fromEntries(
  gatewayEvent.options.map(({ shape }) => {
    const { seq: _seq, at: _at, ...rest } = shape;
    return [shape.type.value, fc.record(fieldsOf(rest)) as Arbitrary<Fact>];
  }),
) as Record<EventType, Arbitrary<Fact>>;

export const facts: Arbitrary<Fact> = fc.oneof(...Object.values(factsByType));
