/** Who comes in, and as what: decided from the upgrade request, before a single frame is read. */
import type { IncomingHttpHeaders } from 'node:http';
import { type Role, role } from '../../protocol/model.ts';

export interface Visitor {
  role: Role;
  /** For the audit trail. On the local socket it is what the client says of itself: file permissions let in one user only. */
  by: string;
}

export type Admission = { ok: true; visitor: Visitor } | { ok: false; status: 403; why: string };

const LONGEST_NAME = 64;
const ranks: readonly Role[] = ['viewer', 'operator', 'admin'];

/** The local socket (0600 in a 0700 folder): whoever can open it may do everything, unless it asks for less. */
export function admitLocal(headers: IncomingHttpHeaders): Admission {
  // Browsers send Origin, and reach a socket only through somebody's proxy; the pages in them are not our clients (WS02, WS03).
  if (headers.origin !== undefined) return { ok: false, status: 403, why: 'Browsers are not let in here.' };
  if (headers.host !== 'localhost') return { ok: false, status: 403, why: 'The Host must be localhost.' };

  const asked = role.safeParse(headers['x-mailgate-role']);
  return { ok: true, visitor: { role: asked.success ? asked.data : 'admin', by: nameOf(headers['x-mailgate-user']) } };
}

/** Whether a role may do what needs `needed`. */
export function may(has: Role, needed: Role): boolean {
  return ranks.indexOf(has) >= ranks.indexOf(needed);
}

function nameOf(header: string | string[] | undefined): string {
  try {
    const name = decodeURIComponent(String(header ?? '')).replaceAll(/[^\p{L}\p{N}.@_-]/gu, '');
    return name.slice(0, LONGEST_NAME) || 'local';
  } catch {
    return 'local';
  }
}
