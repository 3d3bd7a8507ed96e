import { parentPort } from 'node:worker_threads'
import { ownMemory } from '../format/bytes.ts'
import { type ChunkTask, perform } from './task.ts'

/** One thread of `ThreadCrew`: answers every batch of tasks in the order of arrival. */
parentPort?.on('message', (tasks: ChunkTask[]) => {
  const moved: ArrayBuffer[] = []
  const replies = tasks.map(task => {
    try {
      const result = perform(task)
      const plaintext = 'plaintext' in result ? result.plaintext : undefined
      const memory = plaintext && ownMemory(plaintext)
      if (memory) moved.push(memory)
      return { result }
    } catch (error) {
      return { failure: error instanceof Error ? error.message : String(error) }
    }
  })
  parentPort?.postMessage(replies, moved)
})
