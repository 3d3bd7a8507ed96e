import type { Repository } from '#repository/index.ts'
import type { Session } from '../command.ts'
import { print } from '../host.ts'
import { quoted } from '../output/safe-text.ts'

/** What an import is made of, as a checkpoint names it. */
export interface ImportSource {
  vmUuid: string
  name: string
  diskId: string
  /** what tells one state of the file from another */
  source: string
  /** bytes */
  size: number
  chunkSize: number
}

/**
 * Finds the newest import of the name that was cut off and read this very file as it is now. Says so where there is none.
 * @returns the id of its job; `undefined` where the import has to begin anew
 */
export const unfinishedImport = async (
  { host, json }: Session,
  repository: Pick<Repository, 'unfinishedJobs' | 'latestPoint'>,
  { vmUuid, name, diskId, source, size, chunkSize }: ImportSource,
): Promise<string | undefined> => {
  const anew = (why: string) => {
    if (!json) print(host, `Nothing to go on with: ${why}. The import begins anew.`)
    return undefined
  }
  const jobs = await repository.unfinishedJobs(vmUuid)
  if (jobs.length === 0) return anew(`no import of ${quoted(name)} was cut off lately`)
  const ours = jobs.find(({ disks }) =>
    disks.some(disk => disk.diskId === diskId && disk.source === source && disk.size === size),
  )
  if (!ours) return anew('the file is another one than then, or was written to since')
  if (ours.disks.some(disk => disk.chunkSize !== chunkSize))
    return anew('it had another chunk size')
  // Its id would make it an older point, and the latest one that of an older state.
  const latest = await repository.latestPoint(vmUuid)
  if (latest && latest.id > ours.jobId) return anew('there is a newer recovery point of this name')
  return ours.jobId
}

/** @returns chunks that do not lie in `done` (ascending, in bytes, whole chunks) */
export const chunksWithout = (
  chunks: readonly number[],
  chunkSize: number,
  done: readonly { offset: number; length: number }[],
): number[] => {
  const gone = new Set<number>()
  for (const { offset, length } of done)
    for (let at = offset; at < offset + length; at += chunkSize) gone.add(at / chunkSize)
  return gone.size === 0 ? [...chunks] : chunks.filter(chunk => !gone.has(chunk))
}
