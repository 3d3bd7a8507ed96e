import { CommitTooLargeError } from '#core/errors/repository.ts'
import { ObjectExistsError } from '#core/errors/store.ts'
import { sealObject } from '../crypto/sealed-object.ts'
import type { Engine } from '../engine.ts'
import { canonicalJson } from '../format/canonical-json.ts'
import { type CommitRecord, MAX_COMMIT_SIZE } from '../format/commit.ts'
import { encodeSegment } from '../format/index-segment.ts'
import { TYPE } from '../format/kinds.ts'
import { intentName, pointName, segmentName } from '../format/names.ts'
import { newUlid } from '../format/ulid.ts'
import type { PointStatistics } from '../point-statistics.ts'
import type { FinishedPack } from './pack-builder.ts'
import { putOnce } from './put-once.ts'

/**
 * Step 3 of the write order: what this job added, for those who start later.
 * @returns its ulid, and bytes of the object
 */
export const writeSegment = async (
  engine: Engine,
  packs: readonly Pick<FinishedPack, 'ulid' | 'size' | 'trailerPlaintext'>[],
  replaces: string[] = [],
): Promise<{ ulid: string; bytes: number }> => {
  const { store, keys, clock, random, epoch, index } = engine
  const ulid = newUlid(clock, random)
  const key = segmentName(ulid)
  const segment = encodeSegment({
    replaces,
    packs: packs.map(({ ulid, size, trailerPlaintext }) => ({
      ulid,
      size,
      trailer: trailerPlaintext,
    })),
  })
  const object = await sealObject(keys, random, { key, type: TYPE.segment, epoch }, segment)
  await putOnce(store, key, [object])
  index.addSegment(ulid)
  return { ulid, bytes: object.length }
}

/**
 * Step 5: before the collector's state is read, so that one side always sees the other.
 * @param ulid new: the commit record names it, and just one commit record does
 * @returns bytes of the object
 */
export const writeIntent = async (
  { store, keys, random, epoch }: Engine,
  ulid: string,
  intent: { job: string; vmUuid: string; packs: string[] },
): Promise<number> => {
  const key = intentName(intent.job, ulid)
  const json = Buffer.from(canonicalJson({ version: 1, ...intent }))
  const object = await sealObject(keys, random, { key, type: TYPE.intent, epoch }, json)
  await putOnce(store, key, [object])
  return object.length
}

/**
 * Step 7: the point exists from here on.
 * @returns `false` when somebody, maybe an earlier attempt of the same job, was first
 * @throws `COMMIT_TOO_LARGE`
 */
export const writeCommit = async (
  { store, keys, random, epoch }: Engine,
  vmTag: string,
  record: CommitRecord,
): Promise<boolean> => {
  const key = pointName(vmTag, record.point)
  const json = Buffer.from(canonicalJson(record))
  const object = await sealObject(keys, random, { key, type: TYPE.commit, epoch }, json)
  if (object.length > MAX_COMMIT_SIZE) throw new CommitTooLargeError(object.length)
  try {
    await store.put(key, [object])
    return true
  } catch (error) {
    if (error instanceof ObjectExistsError) return false
    throw error
  }
}

export const noStatistics = (): PointStatistics => ({
  chunks: 0,
  changedBytes: 0,
  newBytes: 0,
  level3Chunks: 0,
  storedBytes: 0,
  zeroBytes: 0,
  packs: 0,
  puts: 0,
})
