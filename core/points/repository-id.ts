import { retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import { RepositoryMismatchError } from '../errors/control.ts'
import type { Catalog } from '../ports.ts'

interface Repository {
  repositoryId: string
  /** A gateway spoke of it: there is such a repository. */
  confirmed: boolean
}

/** The id under which a gateway is to create the repository, where there is none yet. */
export const repositoryIdOf = (catalog: Catalog, newId: string): Promise<string> =>
  retryOnConflict(async () => {
    const key = keys.repository()
    const item = await catalog.get<Repository>(key)
    if (item) return item.value.repositoryId
    const value: Repository = { repositoryId: newId, confirmed: false }
    await catalog.write([{ kind: 'put', key, value, expect: 'absent' }])
    return newId
  })

/** @returns the repository that lies there, where a gateway has told of it; `undefined` before */
export const confirmedRepository = async (catalog: Catalog): Promise<string | undefined> => {
  const item = await catalog.get<Repository>(keys.repository())
  return item?.value.confirmed ? item.value.repositoryId : undefined
}

/**
 * A gateway tells the id that it found in the repository. A catalog that is new (or was lost) believes the first one it
 * hears, because the repository is the truth and the catalog a view of it; later another id is a wrong address.
 * @throws `REPOSITORY_MISMATCH`
 */
export const confirmRepository = (catalog: Catalog, repositoryId: string): Promise<void> =>
  retryOnConflict(async () => {
    const key = keys.repository()
    const item = await catalog.get<Repository>(key)
    if (item?.value.confirmed) {
      if (item.value.repositoryId !== repositoryId)
        throw new RepositoryMismatchError(repositoryId, item.value.repositoryId)
      return
    }
    const value: Repository = { repositoryId, confirmed: true }
    const expect = item ? { version: item.version } : ('absent' as const)
    await catalog.write([{ kind: 'put', key, value, expect }])
  })
