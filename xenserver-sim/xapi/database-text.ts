import type { DataModel } from './data-model.ts'
import { type Value, writeTyped } from './marshal.ts'
import { quote } from './sexpr.ts'
import type { XapiType } from './types.ts'
import type { Wire } from './wire.ts'

/** A value as XAPI's database keeps it: text, with sets as `('a' 'b')` and maps as `(('key' 'value'))`. */
export const databaseText = (model: DataModel, type: XapiType, value: Value): string =>
  textOf(writeTyped(model, type, value))

const textOf = (wire: Wire): string => {
  switch (wire.tag) {
    case 'boolean':
      return String(wire.value)
    case 'array':
      return `(${wire.items.map(item => quote(textOf(item))).join(' ')})`
    case 'struct':
      return `(${wire.members.map(([key, item]) => `(${quote(key)} ${quote(textOf(item))})`).join(' ')})`
    case 'nil':
      return ''
    default:
      return wire.text
  }
}
