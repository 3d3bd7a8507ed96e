import { memoryKeyService } from '#adapters/memory/key-service.ts'
import { testKeyService } from './key-service.ts'

testKeyService('memory', async () => {
  const service = memoryKeyService()
  return { service, createKey: service.createKey, setState: service.setState }
})
