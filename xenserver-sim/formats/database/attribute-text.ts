const ESCAPES: Record<string, string> = {
  '%': '%%',
  ' ': '%.',
  '\t': '%t',
  '\n': '%n',
  '\r': '%r',
}
const ORIGINALS = Object.fromEntries(Object.entries(ESCAPES).map(([from, to]) => [to, from]))

/** XAPI guards white space in attributes, which an XML parser would change, with a percent sign. */
export const guarded = (text: string): string => text.replace(/[% \t\n\r]/g, c => ESCAPES[c] ?? c)

export const unguarded = (text: string): string => text.replace(/%./gs, c => ORIGINALS[c] ?? c)
