import { type DataModel, enumValues } from './data-model.ts'
import type { XapiType } from './types.ts'
import {
  formatDate,
  formatDouble,
  parseDate,
  type Wire,
  wireArray,
  wireString,
  wireStruct,
} from './wire.ts'

/** What callers and class code handle: strings for refs and enums, numbers, Dates, arrays, plain objects. */
export type Value = string | number | boolean | Date | Value[] | { [key: string]: Value }

/** A parameter was not of the type the data model wants; XAPI answers INTERNAL_ERROR. */
export class UnmarshalError extends Error {}

const kinds: Record<Wire['tag'], string> = {
  string: 'String',
  int: 'Int',
  i4: 'Int32',
  double: 'Float',
  dateTime: 'DateTime',
  boolean: 'Bool',
  array: 'Enum',
  struct: 'Dict',
  nil: 'Null',
}

const refuse = (wanted: string, wire: Wire): never => {
  throw new UnmarshalError(`Rpc.Runtime_error("Expected ${wanted}, got ${kinds[wire.tag]}")`)
}

const readInt = (wire: Wire): number => {
  if (wire.tag !== 'int' && wire.tag !== 'i4' && wire.tag !== 'string') return refuse('int', wire)
  if (!/^[+-]?\d+$/.test(wire.text)) return refuse('int', wire)
  return Number(wire.text)
}

const readFloat = (wire: Wire): number => {
  if (!('text' in wire) || wire.tag === 'dateTime') return refuse('float', wire)
  const value = Number(wire.text)
  return wire.text.trim() === '' || Number.isNaN(value) ? refuse('float', wire) : value
}

const readDateTime = (wire: Wire): Date => {
  if (wire.tag !== 'dateTime' && wire.tag !== 'string') return refuse('datetime', wire)
  return parseDate(wire.text) ?? refuse('datetime', wire)
}

/**
 * Reads a wire value as the type the data model states, accepting what XAPI accepts: integers also as text, floats also
 * as integers or text, dates also as text, booleans only as booleans. Throws UnmarshalError.
 */
export const readTyped = (model: DataModel, type: XapiType, wire: Wire): Value => {
  switch (type.kind) {
    case 'string':
    case 'ref':
      return wire.tag === 'string' ? wire.text : refuse('string', wire)
    case 'enum':
      return readEnum(model, type.name, wire)
    case 'int':
      return readInt(wire)
    case 'float':
      return readFloat(wire)
    case 'bool':
      return wire.tag === 'boolean' ? wire.value : refuse('bool', wire)
    case 'datetime':
      return readDateTime(wire)
    case 'set':
      if (wire.tag !== 'array') return refuse('set', wire)
      return wire.items.map(item => readTyped(model, type.of, item))
    case 'map':
      if (wire.tag !== 'struct') return refuse('map', wire)
      return Object.fromEntries(
        wire.members.map(([key, value]) => [
          String(readTyped(model, type.key, wireString(key))),
          readTyped(model, type.value, value),
        ]),
      )
    case 'record':
      return readRecord(model, type.of, wire)
    default:
      return refuse(type.kind, wire)
  }
}

const readEnum = (model: DataModel, name: string, wire: Wire): string => {
  if (wire.tag !== 'string') return refuse('string', wire)
  const values = enumValues(model, name)
  const found = values ? values.find(v => v.toLowerCase() === wire.text.toLowerCase()) : wire.text
  if (found === undefined)
    throw new UnmarshalError(
      `Server_helpers.Dispatcher_EnumNotFound("enum ${name}", "${wire.text}")`,
    )
  return found
}

/** A record for `create`: members not sent take the model's default, those without one are required. */
const readRecord = (model: DataModel, className: string, wire: Wire): Value => {
  if (wire.tag !== 'struct') return refuse('record', wire)
  const fields = model.get(className)?.fields
  if (!fields) return refuse(`${className} record`, wire)
  const members = new Map(wire.members)
  const record: Record<string, Value> = {}
  for (const field of fields.values()) {
    const member = members.get(field.name)
    if (field.qualifier === 'RO/runtime') continue
    if (member) record[field.name] = readTyped(model, field.type, member)
    else if (field.default === undefined)
      throw new UnmarshalError(`Server_helpers.Dispatcher_FieldNotFound("${field.name}")`)
  }
  return record
}

/** Writes a typed value for the wire. */
export const writeTyped = (model: DataModel, type: XapiType, value: Value): Wire => {
  switch (type.kind) {
    case 'void':
      return { tag: 'string', text: '' }
    case 'int':
      return { tag: 'int', text: String(value) }
    case 'float':
      return { tag: 'double', text: formatDouble(value as number) }
    case 'bool':
      return { tag: 'boolean', value: value as boolean }
    case 'datetime':
      return { tag: 'dateTime', text: formatDate(value as Date) }
    case 'set':
      return wireArray((value as Value[]).map(item => writeTyped(model, type.of, item)))
    case 'map':
      return wireStruct(
        Object.entries(value as object).map(([k, v]) => [k, writeTyped(model, type.value, v)]),
      )
    case 'record':
      return writeRecord(model, type.of, value as Record<string, Value>)
    default:
      return { tag: 'string', text: String(value) }
  }
}

/** Every field of the class, in the model's order. */
export const writeRecord = (
  model: DataModel,
  className: string,
  record: Readonly<Record<string, Value>>,
): Wire =>
  wireStruct(
    [...(model.get(className)?.fields.values() ?? [])].map(field => [
      field.name,
      writeTyped(model, field.type, record[field.name] as Value),
    ]),
  )
