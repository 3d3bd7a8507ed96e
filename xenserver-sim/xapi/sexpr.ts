import type { Wire } from './wire.ts'

export const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

/** A value in the S-expression form XAPI keeps in `snapshot_metadata`. */
export const toSexpr = (wire: Wire): string => {
  switch (wire.tag) {
    case 'array':
      return `('array'${wire.items.map(item => ` ${toSexpr(item)}`).join('')})`
    case 'struct':
      return `('struct'${wire.members.map(([name, value]) => ` (${quote(name)} ${toSexpr(value)})`).join('')})`
    case 'boolean':
      return `('boolean' '${wire.value ? 1 : 0}')`
    case 'double':
      return `('double' ${quote(wire.text)})`
    case 'dateTime':
      return `('dateTime.iso8601' ${quote(wire.text)})`
    case 'nil':
      return "('nil')"
    default:
      return quote(wire.text)
  }
}
