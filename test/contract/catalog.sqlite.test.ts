import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteCatalog, type SqliteCatalog } from '#adapters/fs/catalog.ts'
import { testCatalog } from './catalog.ts'

testCatalog('SQLite', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'xenkeep-catalog-'))
  const opened: SqliteCatalog[] = []
  const open = () => {
    const catalog = openSqliteCatalog(join(directory, 'data', 'catalog.db'))
    opened.push(catalog)
    return catalog
  }
  return {
    catalog: open(),
    reopen: async () => open(),
    close: async () => {
      for (const catalog of opened) catalog.close()
      await rm(directory, { recursive: true })
    },
  }
})
