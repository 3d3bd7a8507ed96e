import type { Repository } from '#repository/index.ts'

/** Repositories by address, each opened once; one that could not be opened is tried anew at the next call. */
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
  return {
    open(address) {
      const known = opened.get(address)
      if (known) return known
      const opening = open(address)
      opened.set(address, opening)
      opening.catch(() => opened.delete(address))
      return opening
    },
    async close() {
      const all = await Promise.allSettled(opened.values())
      for (const result of all) if (result.status === 'fulfilled') await result.value.close()
    },
  }
}
