import type { Repository } from '#repository/index.ts'

/**
 * Repositories by address, each opened once; one that could not be opened, or whose local table broke, is opened anew at the next call.
 */
export interface Repositories {
  /** @throws errors of `openRepository` and of the store; `PASSPHRASE_MISSING` */
  open(address: string): Promise<Repository>
  close(): Promise<void>
}

/** @param open opens the repository at an address */
export const createRepositories = (
  open: (address: string) => Promise<Repository>,
): Repositories => {
  const opened = new Map<string, Promise<Repository>>()
  /** Their jobs fail, and still hold them. */
  const broken: Repository[] = []

  const begin = (address: string): Promise<Repository> => {
    const opening = open(address)
    opened.set(address, opening)
    opening.catch(() => opened.delete(address))
    return opening
  }

  return {
    async open(address) {
      const known = opened.get(address) ?? begin(address)
      const repository = await known
      if (!repository.isBroken) return repository
      // Somebody else may have been quicker.
      if (opened.get(address) === known) {
        broken.push(repository)
        begin(address)
      }
      return opened.get(address) as Promise<Repository>
    },
    async close() {
      const all = await Promise.allSettled(opened.values())
      for (const result of all) if (result.status === 'fulfilled') await result.value.close()
      for (const repository of broken) await repository.close()
    },
  }
}
