/** Charset, text, its octets in hex (null: it cannot be written in it). */
export const charsetCases: [string, string, string | null][] = [
  ['us-ascii', 'cafe', '63616665'],
  ['us-ascii', 'caf\u00e9', null],
  ['utf-8', 'caf\u00e9', '636166c3a9'],
  ['iso-8859-1', 'caf\u00e9', '636166e9'],
  ['iso-8859-1', '\u20ac', null],
  ['iso-8859-15', '\u20ac', 'a4'],
  ['windows-1252', '\u20ac', '80'],
  ['windows-1251', '\u0436', 'e6'],
  ['koi8-r', '\u0436', 'd6'],
  ['gb18030', 'cafe', '63616665'],
  ['gb18030', 'caf\u00e9', null],
  ['iso-2022-jp', 'cafe', null],
];
