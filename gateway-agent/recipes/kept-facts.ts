import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Value } from '#core/recipes/parameters.ts'
import { replacePrivateFile } from '../control/private-file.ts'
import { foldersOf, type RecipeRoom } from './room.ts'

const Facts = z.record(z.string(), z.union([z.string(), z.array(z.string())]))

/** What the steps of a restore have found out, kept on the guest until the restore is through: another job goes on with it. */
export const keptFacts = (
  room: Pick<RecipeRoom, 'dataDir'>,
  componentUuid: string,
  pointId: string,
) => {
  const file = join(foldersOf(room).restores, `${componentUuid}-${pointId}.json`)
  return {
    /** @returns nothing where there are none, or the file is damaged: the steps say then what they miss */
    load: async (): Promise<Record<string, Value>> => {
      try {
        return Facts.parse(JSON.parse(await readFile(file, 'utf8')))
      } catch {
        return {}
      }
    },
    save: (values: Readonly<Record<string, Value>>) =>
      replacePrivateFile(file, JSON.stringify(values)),
    forget: () => rm(file, { force: true }),
  }
}
