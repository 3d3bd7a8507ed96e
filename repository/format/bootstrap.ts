import { z } from 'zod'
import { ensure } from './bytes.ts'
import { canonicalJson } from './canonical-json.ts'
import { FORMAT_VERSION, ID_HMAC_SHA_256 } from './kinds.ts'

const names = z.array(z.string())

/** docs/repository-format.md, section 3. */
export const Bootstrap = z.strictObject({
  format: z.literal('xenkeep-repository'),
  formatVersion: z.literal(FORMAT_VERSION),
  repositoryId: z.string().regex(/^[0-9a-f]{32}$/),
  created: z.iso.datetime(),
  epoch: z.int().min(1),
  idAlgorithm: z.literal(ID_HMAC_SHA_256),
  features: z.strictObject({
    compatible: names,
    incompatible: names,
    readOnlyCompatible: names,
  }),
  mac: z.string().regex(/^[0-9a-f]{64}$/),
})
export type Bootstrap = z.infer<typeof Bootstrap>

/** A collector has been at work: who writes must read its state (section 10.2). Read-only-compatible. */
export const COLLECTED = 'gc'

/** Records of packs that points name may have gone to other packs (section 10.2). Incompatible: who does not know takes them for lost. */
export const MOVED = 'moved'

/** Points may hold streams (section 7.1). Incompatible: who does not know them takes such a point for damaged. */
export const STREAMS = 'streams'

/** Features that this version knows, and what they mean for those that do not. */
export const FEATURES = {
  [STREAMS]: 'incompatible',
  [COLLECTED]: 'readOnlyCompatible',
  [MOVED]: 'incompatible',
} as const
export type Feature = keyof typeof FEATURES

const KNOWN: ReadonlySet<string> = new Set(Object.keys(FEATURES))

/** What may be done with a repository that has these features. */
export interface Compatibility {
  /** why it must not be read */
  refused?: string
  /** why it must not be written */
  readOnly?: string
}

export const encodeBootstrap = (bootstrap: Bootstrap): Buffer =>
  Buffer.from(canonicalJson(bootstrap))

/** What the MAC is computed over. */
export const bootstrapMacInput = ({
  mac: _,
  ...rest
}: Omit<Bootstrap, 'mac'> & { mac?: string }): Buffer => Buffer.from(canonicalJson(rest))

/**
 * Reads only what tells versions apart, so that a newer bootstrap with other members is refused by name, not as damage.
 * @throws FormatError when it is no bootstrap at all
 */
export const compatibilityOf = (json: unknown): Compatibility => {
  const look = z
    .looseObject({
      format: z.literal('xenkeep-repository'),
      formatVersion: z.int().min(1),
      features: z
        .looseObject({
          incompatible: names.default([]),
          readOnlyCompatible: names.default([]),
        })
        .default({ incompatible: [], readOnlyCompatible: [] }),
    })
    .safeParse(json)
  ensure(look.success, 'it is not the bootstrap of a repository')
  const { formatVersion, features } = look.data
  if (formatVersion > FORMAT_VERSION)
    return { refused: `it has format version ${formatVersion}, this one reads ${FORMAT_VERSION}` }
  const unknown = (list: string[]) => list.filter(name => !KNOWN.has(name)).sort()
  const refused = unknown(features.incompatible)
  if (refused.length > 0) return { refused: `it uses ${refused.join(', ')}` }
  const readOnly = unknown(features.readOnlyCompatible)
  return readOnly.length > 0 ? { readOnly: `it uses ${readOnly.join(', ')}` } : {}
}

/** @throws FormatError */
export const decodeBootstrap = (json: unknown): Bootstrap => {
  const parsed = Bootstrap.safeParse(json)
  ensure(parsed.success, 'the bootstrap has missing or wrong members')
  return parsed.data
}
