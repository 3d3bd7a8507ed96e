import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import {
  ComponentRestoreReport,
  Override,
  StepNumber,
  StepResult,
} from '#core/contracts/guest-jobs.ts'
import { RecipeParameters } from '#core/contracts/recipes.ts'
import type { OpenRestore } from '#core/recipes/open-restore.ts'
import { replacePrivateFile } from '../control/private-file.ts'
import { foldersOf, type RecipeRoom } from './room.ts'

const Stored = z.object({
  restoreId: z.string(),
  jobId: z.string(),
  pointId: z.string(),
  since: z.int(),
  recipe: z.object({ name: z.string(), version: z.int(), sha256: z.string() }),
  parameters: RecipeParameters.optional(),
  overrides: z.array(Override),
  only: z.array(z.string()).optional(),
  values: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
  results: z.array(StepResult),
  state: z.enum(['running', 'stopped', 'ended']),
  next: StepNumber,
  begun: StepNumber.optional(),
  stopped: ComponentRestoreReport.shape.stopped,
  givenUp: z.literal(true).optional(),
})

type Room = Pick<RecipeRoom, 'dataDir'>

/** What cannot be read for another cause may say that a step has changed something: then nothing is done. */
const read = async (file: string): Promise<OpenRestore | undefined> => {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  try {
    return text === undefined ? undefined : Stored.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** How the newest restore of a component stands, one file for each component: whoever goes on with it, and a new life of the agent, read it there. */
export const openRestoreOf = (room: Room, componentUuid: string) => {
  const file = join(foldersOf(room).restores, `${componentUuid}.json`)
  return {
    /** @returns nothing where there was none, or the file is damaged: then it has to begin anew */
    load: () => read(file),
    save: (restore: OpenRestore) => replacePrivateFile(file, JSON.stringify(restore)),
  }
}

/** Names of the staging folders that open restores go on with. */
export const stagingOfOpenRestores = async (room: Room): Promise<Set<string>> => {
  const { restores } = foldersOf(room)
  const names = (await readdir(restores).catch(() => [])).filter(name => name.endsWith('.json'))
  const all = await Promise.all(names.map(name => read(join(restores, name))))
  return new Set(all.flatMap(one => (one && one.state !== 'ended' ? [one.restoreId] : [])))
}
