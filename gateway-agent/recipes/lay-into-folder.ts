import { createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ComponentRestoreReport, RestoreComponentSpec } from '#core/contracts/guest-jobs.ts'
import { countText } from '#core/count-text.ts'
import { StagingFullError } from '#core/errors/recipes.ts'
import { treesOf } from '#file-tree/tree-source.ts'
import type { Point } from '#repository/index.ts'
import { bounded } from '../sentences.ts'
import type { ComponentJob } from './component-job.ts'
import type { Kept } from './content.ts'
import { foldersOf, type RecipeRoom } from './room.ts'

/** A name as a file can have it: what steers a path is percent-encoded. */
const fileName = (name: string): string =>
  name.replace(/[/\\%\p{Cc}:*?"<>|]|^\.+$/gu, characters =>
    Array.from(Buffer.from(characters), byte => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  )

/** Ends the name of a folder until all of it is there. */
const UNFINISHED = '.unfinished'

/** @throws `STAGING_FULL` */
const guardRoom = async (folder: string, bytes: number): Promise<void> => {
  const { bavail, bsize } = await statfs(folder)
  if (bavail * bsize < bytes)
    throw new StagingFullError(folder, `${bytes} bytes are needed, and ${bavail * bsize} are free.`)
}

/**
 * At the start of the agent: removes what a restore that was cut off had begun to write. What is whole stays, until somebody removes it.
 * @returns the folders
 */
export const sweepUnfinished = async (restored: string): Promise<string[]> => {
  const names = await readdir(restored).catch(() => [])
  const left = names.filter(name => name.endsWith(UNFINISHED)).map(name => join(restored, name))
  for (const folder of left) await rm(folder, { recursive: true, force: true })
  return left
}

/**
 * Writes every stream of a point as one file, and every tree as a folder, into a new folder of the agent's, readable by its user alone.
 * @throws `STAGING_FULL`; errors of the repository. Nothing is left then
 */
export const layIntoFolder = async (
  room: RecipeRoom,
  { jobId, context }: ComponentJob<RestoreComponentSpec>,
  point: Point,
  kept: Kept,
): Promise<Pick<ComponentRestoreReport, 'folder' | 'notes'>> => {
  const { restored } = foldersOf(room)
  const whole = join(restored, jobId)
  const folder = `${whole}${UNFINISHED}`
  for (const before of [whole, folder]) await rm(before, { recursive: true, force: true })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const bytesTotal = point.streams.reduce((sum, { size }) => sum + size, 0)
  let bytesDone = 0
  try {
    await guardRoom(folder, bytesTotal)
    const trees = treesOf(point)
    const isOfTree = (id: string) =>
      trees.some(name => id === `${name}/content` || id === `${name}/entries`)
    const notes: string[] = []
    for (const name of trees) {
      context.report({ phase: `writing the tree ${name}`.slice(0, 200), bytesTotal, bytesDone })
      const target = join(folder, fileName(name))
      const { note, failed } = await kept.tree(name, target, context.signal)
      notes.push(`Tree ${name}: ${note}.`, ...(failed === undefined ? [] : [failed]))
    }
    for (const { id, size } of point.streams.filter(stream => !isOfTree(stream.id))) {
      context.report({ phase: `writing ${id}`.slice(0, 200), bytesTotal, bytesDone })
      const file = createWriteStream(join(folder, fileName(id)), { mode: 0o600, flush: true })
      await pipeline(Readable.from(kept.stream(id, context.signal)), file)
      bytesDone += size
    }
    const files = point.streams.filter(({ id }) => !isOfTree(id)).length
    const said = `${countText(files, 'stream')} and ${countText(trees.length, 'tree')} were written into ${whole}.`
    await rename(folder, whole)
    return { folder: whole, notes: bounded([said, ...notes]) }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC')
      throw new StagingFullError(whole, `${bytesTotal} bytes are needed.`)
    throw error
  }
}
