import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDirectoryStore } from '#adapters/fs/object-store.ts'
import { testMaintenanceStore } from './maintenance-store.ts'
import { testRetainingStore } from './retaining-store.ts'

const open = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'xenkeep-store-'))
  return {
    store: await openDirectoryStore(directory),
    now: () => Date.now(),
    pass: () => Promise.reject(new Error('a directory has no locks that could end')),
    close: () => rm(directory, { recursive: true }),
  }
}

testRetainingStore('directory', { versioning: false, objectLock: false }, open)
testMaintenanceStore('directory', { versions: false, versionNames: true, locks: false }, open)
