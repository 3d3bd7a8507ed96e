import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import type { Random } from '#core/ports.ts'
import { createFakePool } from './fake-pool.ts'
import { newRepository } from './repository/open.ts'

interface Wanted {
  name?: string
  /** content of its disks */
  disks: (random: Random) => Uint8Array[]
  store?: ReturnType<typeof memoryObjectStore>
  /** of the repository */
  options?: Parameters<typeof newRepository>[1]
}

/** A VM on a pool in memory, and an empty repository in memory to back it up to. */
export const protectedVm = async ({
  name = 'web01',
  disks,
  store = memoryObjectStore(),
  options,
}: Wanted) => {
  const fake = createFakePool()
  const made = await newRepository(store, options)
  const vm = fake.addVm(name, disks(made.random))
  return { fake, store, made, vm }
}

export type ProtectedVm = Awaited<ReturnType<typeof protectedVm>>
