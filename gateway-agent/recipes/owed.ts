import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Recipe } from '#core/contracts/recipes.ts'
import { replacePrivateFile } from '../control/private-file.ts'

/** A release that has to be done, whatever becomes of the job and of this process. */
const Owed = z.strictObject({
  recipe: Recipe,
  /** What the release is filled from. */
  values: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
  /** ms since 1970 */
  since: z.int(),
})
export type Owed = z.infer<typeof Owed>

export interface OwedReleases {
  /** To be called, and awaited, before anything is brought to rest. */
  owe(id: string, owed: Owed): Promise<void>
  settled(id: string): Promise<void>
  isOwed(id: string): Promise<boolean>
  /** What is owed, the oldest first; `unreadable`: names of files that are none of ours, or damaged. */
  list(): Promise<{ owed: { id: string; owed: Owed }[]; unreadable: string[] }>
}

/** Kept as one file each in a folder of the agent: there is nothing in memory that a crash could forget. */
export const owedReleases = (folder: string): OwedReleases => ({
  owe: async (id, owed) => {
    await replacePrivateFile(join(folder, `${id}.json`), JSON.stringify(owed))
  },
  settled: id => rm(join(folder, `${id}.json`), { force: true }),
  isOwed: async id => (await readdir(folder).catch((): string[] => [])).includes(`${id}.json`),
  list: async () => {
    const names = (await readdir(folder).catch(() => [])).filter(name => name.endsWith('.json'))
    const owed: { id: string; owed: Owed }[] = []
    const unreadable: string[] = []
    for (const name of names) {
      try {
        const read = Owed.parse(JSON.parse(await readFile(join(folder, name), 'utf8')))
        owed.push({ id: name.slice(0, -'.json'.length), owed: read })
      } catch {
        unreadable.push(join(folder, name))
      }
    }
    return { owed: owed.sort((a, b) => a.owed.since - b.owed.since), unreadable }
  },
})
