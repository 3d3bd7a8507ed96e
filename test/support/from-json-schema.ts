import fc from 'fast-check'

export interface JsonSchema {
  $ref?: string
  type?: string
  const?: unknown
  enum?: unknown[]
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  allOf?: JsonSchema[]
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: boolean | JsonSchema
  propertyNames?: JsonSchema
  items?: JsonSchema
  prefixItems?: JsonSchema[]
  minItems?: number
  maxItems?: number
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  pattern?: string
  minLength?: number
  maxLength?: number
  multipleOf?: number
}

/** The longest list and the longest text that is made up; what is longer belongs to the invalid ones. */
const MOST = 3
const LONGEST = 30

/**
 * Values that a JSON schema allows, as far as it says so by itself.
 * @param known texts that mean something, taken wherever they fit
 */
export const fromJsonSchema = (
  schemas: Readonly<Record<string, JsonSchema>>,
  known: readonly string[],
) => {
  const made = new Map<string, fc.Arbitrary<unknown>>()

  const named = (ref: string): fc.Arbitrary<unknown> => {
    const name = ref.split('/').at(-1) ?? ''
    const before = made.get(name)
    if (before) return before
    const arbitrary = make(schemas[name] ?? {})
    made.set(name, arbitrary)
    return arbitrary
  }

  const textOf = ({ pattern, minLength = 0, maxLength = LONGEST }: JsonSchema) => {
    const fits = known.filter(
      text =>
        text.length >= minLength &&
        text.length <= Math.max(maxLength, minLength) &&
        (pattern === undefined || new RegExp(pattern).test(text)),
    )
    const any =
      pattern === undefined
        ? fc.string({
            unit: 'binary',
            minLength,
            maxLength: Math.max(minLength, Math.min(maxLength, LONGEST)),
          })
        : fc.stringMatching(new RegExp(pattern))
    return fits.length > 0 ? fc.oneof(fc.constantFrom(...fits), any) : any
  }

  const objectOf = ({
    properties = {},
    required = [],
    additionalProperties,
    propertyNames,
  }: JsonSchema) => {
    const members = fc.record(
      Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, make(schema)])),
      { requiredKeys: required, noNullPrototype: true },
    )
    if (typeof additionalProperties !== 'object') return members
    const names = propertyNames ? make(propertyNames) : fc.string({ maxLength: 10 })
    return fc.dictionary(names as fc.Arbitrary<string>, make(additionalProperties), {
      maxKeys: MOST,
      noNullPrototype: true,
    })
  }

  const make = (schema: JsonSchema): fc.Arbitrary<unknown> => {
    if (schema.$ref !== undefined) return named(schema.$ref)
    if ('const' in schema) return fc.constant(schema.const)
    if (schema.enum) return fc.constantFrom(...schema.enum)
    const choices = schema.anyOf ?? schema.oneOf
    if (choices) return fc.oneof(...choices.map(make))
    const [only] = schema.allOf ?? []
    if (only) return make(only)
    const { minItems = 0, maxItems = MOST, minimum, maximum } = schema
    switch (schema.type) {
      case 'object':
        return objectOf(schema)
      case 'array':
        if (schema.prefixItems) return fc.tuple(...schema.prefixItems.map(make))
        return fc.array(make(schema.items ?? {}), {
          minLength: minItems,
          maxLength: Math.max(minItems, Math.min(maxItems, MOST)),
        })
      case 'integer':
      case 'number': {
        const min = Math.ceil(minimum ?? (schema.exclusiveMinimum ?? -1) + 1)
        return fc.integer({ min, max: Math.max(min, Math.floor(maximum ?? min + 2 ** 31)) })
      }
      case 'boolean':
        return fc.boolean()
      case 'string':
        return textOf(schema)
      case 'null':
        return fc.constant(null)
      default:
        return fc.jsonValue({ maxDepth: 2 })
    }
  }
  return make
}

/** What a member may be put in the place of, to make a value that no schema of ours allows, or nearly none. */
const ODDITIES: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, -1, 0.5, 2 ** 53, -(2 ** 63), 1e308, '', '\0', '\ud800'),
  fc.constant('x'.repeat(20_000)),
  fc.constant(Array.from({ length: 3_000 }, () => 'x')),
  fc.constant(JSON.parse('{"__proto__":{"role":"administrator"},"constructor":{"prototype":{}}}')),
  fc.constant(JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`)),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.jsonValue({ maxDepth: 2 }),
)

/** Changes a value in one place: a member of another kind, one left out, one too many. */
export const spoiled = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc
    .tuple(value, ODDITIES, fc.nat(50), fc.constantFrom('put', 'drop', 'add', 'all'))
    .map(([found, oddity, at, how]) => {
      if (how === 'all' || typeof found !== 'object' || found === null) return oddity
      const copy = structuredClone(found) as Record<string, unknown>
      const members = Object.keys(copy)
      const member = members[at % Math.max(1, members.length)] ?? 'x'
      if (how === 'drop') delete copy[member]
      const name = how === 'put' ? member : ['__proto__', 'constructor', 'toString', 'x'][at % 4]
      if (how !== 'drop')
        Object.defineProperty(copy, name ?? 'x', {
          ...{ value: oddity, enumerable: true, configurable: true, writable: true },
        })
      return copy
    })
