/**
 * A value on its way to or from the wire, still knowing how it was (or is to be) tagged. XML-RPC and JSON-RPC meet here;
 * the data model turns it into a typed value and back (marshal.ts).
 */
export type Wire =
  | { readonly tag: 'string' | 'int' | 'double' | 'dateTime' | 'i4'; readonly text: string }
  | { readonly tag: 'boolean'; readonly value: boolean }
  | { readonly tag: 'array'; readonly items: readonly Wire[] }
  | { readonly tag: 'struct'; readonly members: readonly (readonly [string, Wire])[] }
  | { readonly tag: 'nil' }

export const wireString = (text: string): Wire => ({ tag: 'string', text })
export const wireArray = (items: readonly Wire[]): Wire => ({ tag: 'array', items })
export const wireStruct = (members: readonly (readonly [string, Wire])[]): Wire => ({
  tag: 'struct',
  members,
})

/** C's `%.16g`, which is how XAPI prints a double: `1` for 1.0, no trailing zeros. */
export const formatDouble = (value: number): string => {
  if (value === 0 || !Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : String(value)
  const exponent = Math.floor(Math.log10(Math.abs(value)))
  const scientific = exponent < -4 || exponent >= 16
  const text = scientific ? value.toExponential(15) : value.toPrecision(16)
  return text
    .replace(/(\.\d*?)0+(?=e|$)/, '$1')
    .replace(/\.(?=e|$)/, '')
    .replace(/e([+-])(\d)$/, 'e$10$2')
}

/** XAPI's date: no dashes, colons in the time, `Z`; e.g. `20260821T02:00:23Z`. */
export const formatDate = (date: Date): string =>
  `${date.toISOString().slice(0, 19).replaceAll('-', '')}Z`

/** Reads a date with or without dashes and zone (no zone means UTC); undefined when it is none. */
export const parseDate = (text: string): Date | undefined => {
  const found = /^(\d{4})-?(\d\d)-?(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?$/.exec(
    text,
  )
  if (!found) return undefined
  const [, year, month, day, hour, minute, second, zone] = found
  const offset = !zone || zone === 'Z' ? 'Z' : zone.replace(/^(...)(\d\d)$/, '$1:$2')
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`)
  return Number.isNaN(date.getTime()) ? undefined : date
}
