import { isDamage } from '#core/errors/repository.ts'
import { ObjectNotFoundError } from '#core/errors/store.ts'
import { openObject } from '../crypto/sealed-object.ts'
import type { Engine } from '../engine.ts'
import { TYPE } from '../format/kinds.ts'
import { PREFIX, parseProofName } from '../format/names.ts'
import { decodeProof } from '../format/proof.ts'

/** What somebody found out about a point. */
export interface KeptProof {
  pointId: string
  /** ULID; its time is that of the writing */
  id: string
  /** the caller's JSON, as it was given to `keepProof` */
  result: unknown
}

/** One small GET for each. @throws as `Repository.proofs` */
export const readProofs = async function* (
  { store, keys }: Pick<Engine, 'store' | 'keys'>,
  pointId?: string,
): AsyncGenerator<KeptProof> {
  const prefix = pointId === undefined ? PREFIX.proofs : `${PREFIX.proofs}${pointId}/`
  for await (const { key } of store.list(prefix)) {
    const name = parseProofName(key)
    if (!name) continue
    try {
      const proof = await openObject(
        keys,
        { key, type: TYPE.proof },
        await store.get(key),
        decodeProof,
      )
      if (proof.point === name.point)
        yield { pointId: name.point, id: name.ulid, result: proof.result }
    } catch (error) {
      if (!isDamage(error) && !(error instanceof ObjectNotFoundError)) throw error
    }
  }
}
