import { NULL_REF } from '../identifiers.ts'
import { type DataModel, enumValues, type FieldModel } from './data-model.ts'
import type { Value } from './marshal.ts'
import type { XapiType } from './types.ts'
import { parseDate } from './wire.ts'

const empty = (model: DataModel, type: XapiType): Value => {
  switch (type.kind) {
    case 'int':
    case 'float':
      return 0
    case 'bool':
      return false
    case 'datetime':
      return new Date(0)
    case 'set':
      return []
    case 'map':
      return {}
    case 'ref':
      return NULL_REF
    case 'enum':
      return enumValues(model, type.name)?.[0] ?? ''
    default:
      return ''
  }
}

/** The value a field has when nobody gave one: the model's default, or the type's empty value. */
export const defaultValue = (model: DataModel, field: FieldModel): Value => {
  const text = field.default
  if (text === undefined) return empty(model, field.type)
  switch (field.type.kind) {
    case 'int':
    case 'float':
      return Number(text)
    case 'bool':
      return text === 'true'
    case 'datetime':
      return parseDate(text) ?? new Date(0)
    case 'string':
      return text.replace(/^"(.*)"$/, '$1')
    case 'enum':
      return text
    case 'set':
      return text
        .slice(1, -1)
        .split(',')
        .filter(item => item !== '')
        .map(item =>
          field.type.kind === 'set' && field.type.of.kind === 'int' ? Number(item) : item,
        )
    case 'map':
      // Spelt `{"address" -> "localhost", "port" -> "27000"}`.
      return Object.fromEntries(
        [...text.matchAll(/"([^"]*)" -> "([^"]*)"/g)].map(([, key, value]) => [key, value]),
      ) as Value
    default:
      return empty(model, field.type)
  }
}
