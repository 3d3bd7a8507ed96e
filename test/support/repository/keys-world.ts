import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import type { MaintenanceStore, ObjectStore } from '#core/ports.ts'
import type { Unlock } from '#repository/crypto/slots.ts'
import { openKeyring } from '#repository/keys/keyring.ts'
import { openRepository } from '#repository/open.ts'
import { newRepository, PASSPHRASE, SMALL } from './open.ts'
import { frozenClock, seededRandom } from './seeded.ts'

export const OLD = { passphrase: PASSPHRASE }
export const NEW = { passphrase: 'another battery, another staple' }

/** Cheap slots for tests. */
export const CHEAP = { scryptLogN: 10, argon2: { memoryKiB: 64, passes: 1, lanes: 1 } }

/** A repository with a passphrase and a recovery kit, on a store whose clock can be advanced. */
export const keysWorld = async (options: Parameters<typeof memoryObjectStore>[0] = {}) => {
  const storeClock = frozenClock()
  const store = memoryObjectStore({ clock: storeClock, ...options })
  const made = await newRepository(store)
  let seed = 100
  const random = () => seededRandom(seed++)
  const keyring = (unlock: Unlock, on: ObjectStore = store) =>
    openKeyring({ store: on, unlock, clock: frozenClock(), random: random() })
  const open = (unlock: Unlock, on: ObjectStore = store) =>
    openRepository({
      store: on,
      unlock,
      clock: made.clock,
      random: random(),
      tuning: { workers: 0, ...SMALL },
    })
  /** @returns the code of what opening ends with, or `undefined` when it opens */
  const refusal = async (unlock: Unlock, on?: ObjectStore): Promise<string | undefined> => {
    try {
      await (await open(unlock, on)).close()
      return undefined
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  const slots = () =>
    [...store.objects.keys()].filter(key => /^keys\/\d/.test(key)).map(key => key.slice(5))
  return { ...made, store, storeClock, keyring, open, refusal, slots, randomOf: random }
}

/** As `xenkeep repo keys change-passphrase`: the new slot first, then the old one goes. May be repeated. */
export const changePassphrase = async (
  keyring: Awaited<ReturnType<typeof keysWorld>>['keyring'],
  on: MaintenanceStore,
): Promise<void> => {
  const ring = await keyring(OLD, on)
  await ring.add({ ...NEW, ...CHEAP })
  await ring.retire(ring.slot, on)
}
