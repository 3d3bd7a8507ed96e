import { isDamage } from '#core/errors/repository.ts'
import { ObjectNotFoundError } from '#core/errors/store.ts'
import { openObject } from '../crypto/sealed-object.ts'
import type { Engine } from '../engine.ts'
import { decodeCheckpoint, MAX_CHECKPOINT_SIZE } from '../format/checkpoint.ts'
import { TYPE } from '../format/kinds.ts'
import { PREFIX, parseCheckpointName, parsePointName } from '../format/names.ts'
import { inParallel } from './in-parallel.ts'

/** A job that left checkpoints and made no point. */
export interface UnfinishedJob {
  jobId: string
  /** what its disks were read from, as far as its last checkpoint tells */
  disks: { diskId: string; source: string; size: number; chunkSize: number }[]
}

/**
 * Jobs of one VM that can be gone on with, the newest first. Takes a small GET for each job of the repository that left checkpoints
 * lately.
 */
export const unfinishedJobs = async (engine: Engine, vmUuid: string): Promise<UnfinishedJob[]> => {
  const { store, keys, tuning } = engine
  const last = new Map<string, string>()
  for await (const { key, size } of store.list(PREFIX.parts)) {
    const job = parseCheckpointName(key)?.job
    if (job !== undefined && size <= MAX_CHECKPOINT_SIZE) last.set(job, key)
  }
  // Closed names too: nobody goes on with those.
  for await (const { key } of store.list(`${PREFIX.points}${keys.vmTag(vmUuid)}/`))
    last.delete(parsePointName(key)?.ulid ?? '')
  const found: UnfinishedJob[] = []
  await inParallel(tuning.requests, last, async ([jobId, key]) => {
    try {
      const names = { key, type: TYPE.checkpoint }
      const checkpoint = await openObject(keys, names, await store.get(key), decodeCheckpoint)
      if (checkpoint.job !== jobId || checkpoint.vmUuid !== vmUuid.toLowerCase()) return
      const disks = checkpoint.disks.map(({ id, source, size, chunkSize }) => ({
        diskId: id,
        source,
        size,
        chunkSize,
      }))
      found.push({ jobId, disks })
    } catch (error) {
      // One that cannot be read leads nowhere: the job is begun anew.
      if (!isDamage(error) && !(error instanceof ObjectNotFoundError)) throw error
    }
  })
  return found.sort((a, b) => (a.jobId < b.jobId ? 1 : -1))
}
