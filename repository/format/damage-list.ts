import { z } from 'zod'
import { ensure } from './bytes.ts'
import { parseJson } from './commit.ts'
import { ULID } from './ulid.ts'

const ulid = z.string().regex(ULID)
const id = z.string().regex(/^[0-9a-f]{64}$/)

/** Contents of `lost/<ulid>`: all that is known to be damaged; docs/repository-format.md, section 11.2. */
const DamageList = z.strictObject({
  version: z.literal(1),
  /** lists whose contents this one took over, or found to be no longer true */
  replaces: z.array(ulid),
  packs: z.array(
    z.strictObject({
      pack: ulid,
      kind: z.enum(['data', 'meta']),
      /** ids of the records that cannot be read; `all` where the pack is missing or cannot be trusted as a whole */
      records: z.union([z.literal('all'), z.array(id)]),
    }),
  ),
})
export type DamageList = z.infer<typeof DamageList>

/** @throws FormatError */
export const decodeDamageList = (plaintext: Uint8Array): DamageList => {
  const parsed = DamageList.safeParse(parseJson(plaintext))
  ensure(parsed.success, 'the list of damage has missing or wrong members')
  return parsed.data
}
