import { statfsSync } from 'node:fs'
import { mkdir, readdir, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { StagingFullError } from '#core/errors/recipes.ts'

/** A folder for what a recipe writes on its way: its own for each job, gone when the job is. */
export interface Staging {
  readonly path: string
  /** @param bytes that are about to be written @throws `STAGING_FULL` */
  needs(bytes: number): Promise<void>
  /** Of what a step said: a disk that is full in the middle of it, where it is this one. @throws `STAGING_FULL` */
  guardFull(said: string): void
  empty(): Promise<void>
}

const NEARLY = 16 * 1024 ** 2 // bytes that are free on a disk that is full: what failed was larger
const FULL = /no space left on device|ENOSPC|not enough space on the disk|disk (is )?full/i
const gib = (bytes: number): string =>
  bytes < 1024 ** 3
    ? `${Math.ceil(bytes / 1024 ** 2)} MiB`
    : `${(bytes / 1024 ** 3).toFixed(1)} GiB`

/**
 * @param root of all jobs
 * @param goesOn whether what an earlier attempt of this job left is still needed
 */
export const openStaging = async (
  root: string,
  jobId: string,
  goesOn = false,
): Promise<Staging> => {
  const path = join(root, jobId)
  if (!goesOn) await rm(path, { recursive: true, force: true })
  await mkdir(path, { recursive: true, mode: 0o700 })
  return {
    path,
    needs: async bytes => {
      const { bavail, bsize } = await statfs(path)
      const free = bavail * bsize
      if (free < bytes)
        throw new StagingFullError(path, `${gib(bytes)} are needed, and ${gib(free)} are free.`)
    },
    guardFull: said => {
      if (!FULL.test(said)) return
      const { bavail, bsize } = statfsSync(path)
      if (bavail * bsize < NEARLY) throw new StagingFullError(path, said)
    },
    empty: () => rm(path, { recursive: true, force: true }),
  }
}

/** That of a restore that nobody goes on with. */
export const removeStaging = (root: string, name: string): Promise<void> =>
  rm(join(root, name), { recursive: true, force: true })

/**
 * At the start of the agent: whatever is there belongs to nobody any more but those.
 * @param needed folders of jobs whose release is still owed, and of restores that are open
 */
export const sweepStaging = async (root: string, needed: readonly string[]): Promise<void> => {
  const left = await readdir(root).catch(() => [])
  for (const name of left.filter(name => !needed.includes(name)))
    await rm(join(root, name), { recursive: true, force: true })
}
