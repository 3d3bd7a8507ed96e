import { readFile } from 'node:fs/promises'
import { OwnersInvalidError } from '#core/errors/tree-restore.ts'
import { type OwnersList, parseOwners } from './owners.ts'

/** @throws `OWNERS_INVALID` */
export const readOwners = async (file: string): Promise<OwnersList> => {
  try {
    return parseOwners(await readFile(file, 'utf8'))
  } catch (error) {
    throw new OwnersInvalidError(file, error instanceof Error ? error.message : '', error)
  }
}
