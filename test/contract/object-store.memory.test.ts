import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { testObjectStore } from './object-store.ts'

testObjectStore('memory', async () => {
  const store = memoryObjectStore()
  return { store, reopen: async () => store }
})
