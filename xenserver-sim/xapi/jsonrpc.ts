import { type Wire, wireArray, wireString, wireStruct } from './wire.ts'
import { type Call, MalformedCallError } from './xmlrpc.ts'

export interface JsonCall extends Call {
  readonly version: '1.0' | '2.0'
  readonly id: unknown
}

const fromJson = (value: unknown): Wire => {
  if (value === null) return { tag: 'nil' }
  if (typeof value === 'string') return wireString(value)
  if (typeof value === 'boolean') return { tag: 'boolean', value }
  if (typeof value === 'number')
    return Number.isInteger(value)
      ? { tag: 'int', text: String(value) }
      : { tag: 'double', text: String(value) }
  if (Array.isArray(value)) return wireArray(value.map(fromJson))
  return wireStruct(Object.entries(value as object).map(([k, v]) => [k, fromJson(v)]))
}

const toJson = (wire: Wire): unknown => {
  switch (wire.tag) {
    case 'string':
    case 'dateTime':
      return wire.text
    case 'int':
    case 'i4':
    case 'double':
      return Number(wire.text)
    case 'boolean':
      return wire.value
    case 'array':
      return wire.items.map(toJson)
    case 'struct':
      return Object.fromEntries(wire.members.map(([k, v]) => [k, toJson(v)]))
    case 'nil':
      return null
  }
}

/** Reads a JSON-RPC 1.0 or 2.0 call with positional parameters. Throws MalformedCallError. */
export const readJsonCall = (text: string): JsonCall => {
  let body: { jsonrpc?: unknown; method?: unknown; params?: unknown; id?: unknown }
  try {
    body = JSON.parse(text)
  } catch (cause) {
    throw new MalformedCallError('The request is no JSON.', { cause })
  }
  if (body === null || typeof body !== 'object' || typeof body.method !== 'string')
    throw new MalformedCallError('The request names no method.')
  if (!('id' in body)) throw new MalformedCallError('The request carries no id.')
  if (body.params !== undefined && !Array.isArray(body.params))
    throw new MalformedCallError('Parameters are positional: an array.')
  return {
    method: body.method,
    params: (body.params ?? []).map(fromJson),
    version: body.jsonrpc === '2.0' ? '2.0' : '1.0',
    id: body.id,
  }
}

export const writeJsonSuccess = ({ version, id }: JsonCall, value: Wire): string =>
  JSON.stringify(
    version === '2.0'
      ? { jsonrpc: '2.0', result: toJson(value), id }
      : { result: toJson(value), error: null, id },
  )

/** Version 1 gives the error as the bare array, version 2 as code 1 with the parameters in `data`. */
export const writeJsonFailure = (
  { version, id }: JsonCall,
  description: readonly string[],
): string => {
  const [code, ...data] = description
  return JSON.stringify(
    version === '2.0'
      ? { jsonrpc: '2.0', error: { code: 1, message: code, data }, id }
      : { result: null, error: description, id },
  )
}
