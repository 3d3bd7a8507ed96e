/**
 * A value as XAPI writes it in XML-RPC: strings, references and 64-bit integers without a tag (integers are strings here),
 * numbers as doubles.
 */
export type XmlValue =
  | string
  | boolean
  | number
  | Date
  | { int: number }
  | readonly XmlValue[]
  | { readonly [member: string]: XmlValue }

const ESCAPES: Record<string, string> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' }

/** Control characters cannot stand in XML at all; XAPI drops them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are just what must not get through
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

const escapeText = (text: string): string =>
  text.replace(FORBIDDEN, '').replace(/[<>&"]/g, character => ESCAPES[character] as string)

/** `19700101T00:00:00Z`: no dashes, no milliseconds. */
const dateText = (date: Date): string =>
  date
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll('-', '')

const inner = (value: XmlValue): string => {
  if (typeof value === 'string') return escapeText(value)
  if (typeof value === 'boolean') return `<boolean>${value ? 1 : 0}</boolean>`
  if (typeof value === 'number') return `<double>${value}</double>`
  if (value instanceof Date) return `<dateTime.iso8601>${dateText(value)}</dateTime.iso8601>`
  if (isList(value)) return `<array><data>${value.map(xmlValue).join('')}</data></array>`
  if (isInt(value)) return `<int>${value.int}</int>`
  const members = Object.entries(value).map(
    ([name, member]) =>
      `<member><name>${escapeText(name)}</name>${xmlValue(member as XmlValue)}</member>`,
  )
  return `<struct>${members.join('')}</struct>`
}

// Array.isArray does not see readonly arrays; a member called "int" with a number is never a map of XAPI's.
const isList = (value: XmlValue): value is readonly XmlValue[] => Array.isArray(value)
const isInt = (value: object): value is { int: number } =>
  'int' in value && typeof value.int === 'number'

export const xmlValue = (value: XmlValue): string => `<value>${inner(value)}</value>`
