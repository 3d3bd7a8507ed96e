import { parentPort } from 'node:worker_threads'
import { ownMemory } from '../format/bytes.ts'
import { type ChunkTask, perform } from './task.ts'

/** One thread of `ThreadCrew`: answers every task in the order of arrival. Holds no key beyond a task. */
parentPort?.on('message', (task: ChunkTask) => {
  try {
    const result = perform(task)
    const plaintext = 'plaintext' in result ? result.plaintext : undefined
    const memory = plaintext && ownMemory(plaintext)
    parentPort?.postMessage({ result }, memory ? [memory] : [])
  } catch (error) {
    parentPort?.postMessage({ failure: error instanceof Error ? error.message : String(error) })
  }
})
