import { z } from 'zod'
import { ensure } from './bytes.ts'
import { parseJson } from './commit.ts'
import { ULID, ulidFromBytes, ulidToBytes } from './ulid.ts'

const count = z.int().min(0)

/** One check of the repository, as it is remembered. */
const Run = z.strictObject({
  /** number of the check: one more than the highest that it found */
  round: z.int().min(1),
  at: z.iso.datetime(),
  level: z.union([z.literal(0), z.literal(1), z.literal(2)]),
  points: count,
  packs: count,
  packsRead: count,
  bytesRead: count,
  findings: count,
})

/** Contents of `verify/<ulid>`; docs/repository-format.md, section 11.1. */
const Verification = z.strictObject({
  version: z.literal(1),
  /** ulids of objects whose contents this one took over */
  replaces: z.array(z.string().regex(ULID)),
  runs: z.array(Run),
  /** packs that were read in full, with the same result by the same check */
  verified: z.array(
    z.strictObject({
      round: z.int().min(1),
      at: z.iso.datetime(),
      damaged: z.boolean(),
      /** ulids of 16 bytes each, ascending */
      packs: z.base64(),
    }),
  ),
})
export type Verification = z.infer<typeof Verification>
export type VerificationRun = z.infer<typeof Run>

/** @throws FormatError */
export const decodeVerification = (plaintext: Uint8Array): Verification => {
  const parsed = Verification.safeParse(parseJson(plaintext))
  ensure(parsed.success, 'the verification results have missing or wrong members')
  for (const { packs } of parsed.data.verified)
    ensure(Buffer.byteLength(packs, 'base64') % 16 === 0, 'a list of packs ends within one')
  return parsed.data
}

export const encodeUlids = (ulids: Iterable<string>): string =>
  Buffer.concat([...ulids].sort().map(ulidToBytes)).toString('base64')

export const decodeUlids = (packs: string): string[] => {
  const bytes = Buffer.from(packs, 'base64')
  return Array.from({ length: bytes.length / 16 }, (_, i) =>
    ulidFromBytes(bytes.subarray(i * 16, (i + 1) * 16)),
  )
}
