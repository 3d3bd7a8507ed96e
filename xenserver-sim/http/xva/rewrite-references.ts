import { NULL_REF } from '../../identifiers.ts'
import type { Value } from '../../xapi/marshal.ts'
import type { XapiType } from '../../xapi/types.ts'

/** Replaces every reference in a value; what a set no longer names is left out of it. */
export function rewriteReferences(
  type: XapiType,
  value: Value,
  lookup: (ref: string) => string,
): Value {
  if (type.kind === 'ref') return lookup(value as string)
  if (type.kind === 'set' && type.of.kind === 'ref') {
    return (value as string[]).map(lookup).filter(ref => ref !== NULL_REF)
  }
  if (type.kind === 'map' && type.value.kind === 'ref') {
    const entries = Object.entries(value as Record<string, string>)
    return Object.fromEntries(entries.map(([key, ref]) => [key, lookup(ref)]))
  }
  return value
}
