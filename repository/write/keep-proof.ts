import { sealObject } from '../crypto/sealed-object.ts'
import type { Engine } from '../engine.ts'
import { canonicalJson } from '../format/canonical-json.ts'
import { TYPE } from '../format/kinds.ts'
import { proofName } from '../format/names.ts'
import { newUlid } from '../format/ulid.ts'
import { putOnce } from './put-once.ts'

/** Writes `proofs/<point>/<ulid>`. @throws as `Repository.keepProof` */
export const keepProof = async (
  { store, keys, random, clock, epoch }: Engine,
  point: string,
  result: unknown,
): Promise<void> => {
  const key = proofName(point, newUlid(clock, random))
  const json = Buffer.from(canonicalJson({ version: 1, point, result }))
  await putOnce(store, key, [
    await sealObject(keys, random, { key, type: TYPE.proof, epoch }, json),
  ])
}
