import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { frozenClock } from '#test/support/repository/seeded.ts'
import { testMaintenanceStore } from './maintenance-store.ts'
import { testRetainingStore } from './retaining-store.ts'

const open =
  (options: Parameters<typeof memoryObjectStore>[0] = {}) =>
  async () => {
    const clock = frozenClock()
    const store = memoryObjectStore({ clock, ...options })
    return {
      store,
      now: () => clock.now(),
      pass: async (until: number) => {
        clock.time = until
      },
      hide: async (key: string) => store.hide(key),
      overwrite: async (key: string, text: string) => store.overwrite(key, Buffer.from(text)),
    }
  }

testRetainingStore('memory', { versioning: true, objectLock: true }, open())
testRetainingStore(
  'memory without locks',
  { versioning: true, objectLock: false },
  open({ locks: 'unsupported' }),
)
testMaintenanceStore('memory', { versions: true, versionNames: true, locks: true }, open())
testMaintenanceStore(
  'memory without versions',
  { versions: false, versionNames: false, locks: false },
  open({ versioning: false, locks: 'unsupported' }),
)
