import { z } from 'zod'
import { ensure } from './bytes.ts'
import { parseJson } from './commit.ts'
import { ULID } from './ulid.ts'

/** Contents of `proofs/<point>/<ulid>`; docs/repository-format.md, section 11.4. */
const Proof = z.strictObject({
  version: z.literal(1),
  point: z.string().regex(ULID),
  /** the caller's JSON */
  result: z.json(),
})
export type Proof = z.infer<typeof Proof>

/** @throws FormatError */
export const decodeProof = (plaintext: Uint8Array): Proof => {
  const parsed = Proof.safeParse(parseJson(plaintext))
  ensure(parsed.success, 'the proof has missing or wrong members')
  return parsed.data
}
