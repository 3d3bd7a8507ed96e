import type { ChunkMemory } from './api.ts'

/** Memory of its own for each chunk, never used again: for receivers that have none. */
export const ownMemory = (chunkSize: number): ChunkMemory => ({
  buffer: async () => Buffer.allocUnsafeSlow(chunkSize),
  giveBack: () => undefined,
})
