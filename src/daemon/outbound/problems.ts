/** The names of what can be wrong here (`problem.raised`), so that each is said once and cleared by the one who knows. */

/** A message that the gateway itself holds: a refused report (REL20), octets that are not those that came (I12). */
export const heldProblem = (id: string): string => `held.${id}`;

/** A relay that cannot be used. */
export const relayProblem = (relay: string): string => `relay.${relay}`;

/** Mail waits, and there is no way for it. */
export const NO_RELAY = 'relay.none';
export const NO_INTERNAL_SERVER = 'report.nowhere';
