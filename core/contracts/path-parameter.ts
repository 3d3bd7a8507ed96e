import { RepositoryId, Ulid, XenUuid } from './ids.ts'

/** The schema of a path parameter, by its name: a ULID unless it is somebody else's id. */
export const pathParameter = (name: string): typeof RepositoryId | typeof Ulid | typeof XenUuid => {
  if (name === 'repositoryId') return RepositoryId
  return name === 'vmUuid' || name === 'guestUuid' ? XenUuid : Ulid
}
