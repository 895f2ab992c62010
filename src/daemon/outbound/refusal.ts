/** What a client of the listener is told instead of 250: the code, and the text with its enhanced code (RFC 3463) in front. */
export interface Refusal {
  code: number;
  text: string;
}
