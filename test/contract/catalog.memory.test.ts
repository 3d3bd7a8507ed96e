import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { testCatalog } from './catalog.ts'

testCatalog('memory', async () => {
  const catalog = memoryCatalog()
  return { catalog, reopen: async () => catalog }
})
