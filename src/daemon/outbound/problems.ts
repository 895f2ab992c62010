/** The names of what can be wrong here (`problem.raised`), so that each is said once and cleared by the one who knows. */

/** A message that the gateway itself holds: a refused report (REL20), octets that are not those that came (I12),
 *  one that went round in a loop (REL21), or that its relay cannot take (REL16). */
export const heldProblem = (id: string): string => `held.${id}`;

/** A relay that cannot be used. */
export const relayProblem = (relay: string): string => `relay.${relay}`;

/** Mail waits, and there is no way for it. */
export const NO_RELAY = 'relay.none';
export const NO_INTERNAL_SERVER = 'report.nowhere';

/** Sent messages get no copy, or no text under them, although that was asked for. */
export const ARCHIVE = 'archive';
export const DISCLAIMER = 'disclaimer';
