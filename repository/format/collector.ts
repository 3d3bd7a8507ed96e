import { z } from 'zod'
import { ensure } from './bytes.ts'
import { parseJson, UUID } from './commit.ts'
import { ULID } from './ulid.ts'

/** Contents of the collector's state and of intents; docs/repository-format.md, section 10.2. */
const ulid = z.string().regex(ULID)
const pack = { pack: ulid, kind: z.enum(['data', 'meta']) }

/** Packs that no point names. */
export const Plan = z.strictObject({
  version: z.literal(1),
  epoch: z.int().min(1),
  packs: z.array(z.strictObject(pack)),
})
export type Plan = z.infer<typeof Plan>

/** What becomes of them, decided once for all collectors. */
export const Verdict = z.strictObject({
  version: z.literal(1),
  epoch: z.int().min(1),
  remove: z.array(z.strictObject({ ...pack, versions: z.array(z.string()) })),
  spare: z.array(z.strictObject({ ...pack, because: z.string() })),
})
export type Verdict = z.infer<typeof Verdict>

/** Where the records of rewritten packs are going, or went. */
export const Move = z.strictObject({
  version: z.literal(1),
  /** number of the rewrite */
  move: z.int().min(1),
  /** Whoever wrote one of these relies on nothing in these packs but what was copied. */
  intents: z.array(ulid),
  packs: z.array(z.strictObject({ ...pack, to: ulid.optional() })),
  targets: z.array(z.strictObject({ pack: ulid, size: z.int().min(1) })),
})
export type Move = z.infer<typeof Move>

const Intent = z.looseObject({
  version: z.literal(1),
  job: ulid,
  vmUuid: z.string().regex(UUID),
  packs: z.array(ulid),
})

const decoder =
  <T>(schema: z.ZodType<T>, what: string) =>
  (plaintext: Uint8Array): T => {
    const parsed = schema.safeParse(parseJson(plaintext))
    ensure(parsed.success, `${what} has missing or wrong members`)
    return parsed.data
  }

/** All throw FormatError. */
export const decodePlan = decoder(Plan, "the collector's plan")
export const decodeVerdict = decoder(Verdict, "the collector's verdict")
export const decodeMove = decoder(Move, "the collector's rewrite")
export const decodeIntent = decoder(Intent, 'the intent')
