import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDirectoryStore } from '#adapters/fs/object-store.ts'
import { testObjectStore } from './object-store.ts'

testObjectStore('directory', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'xenkeep-store-'))
  return {
    store: await openDirectoryStore(directory),
    reopen: () => openDirectoryStore(directory),
    close: () => rm(directory, { recursive: true }),
  }
})
