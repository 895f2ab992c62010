/** A count with its noun: in French 0 is singular, too. */

export const many = (count: number, one: string, more: string): string => `${count} ${count === 1 ? one : more}`;
export const plusieurs = (count: number, un: string, plus: string): string => `${count} ${count < 2 ? un : plus}`;
