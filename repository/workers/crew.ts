import { type ChunkTask, type Outcome, perform } from './task.ts'

/** Those who do the work on chunks. */
export interface Crew {
  /** tasks that make progress at the same moment */
  readonly width: number
  /**
   * Buffers of shared memory in a task are used where they are; their owner must leave them alone until the promise settles.
   * @throws `CHUNK_WORKER_FAILED`
   */
  run<T extends ChunkTask>(task: T): Promise<Outcome<T>>
  /** Begins to start, which takes a while; the first task does it otherwise. */
  start(): void
  /** Ends all threads; what is under way fails. May be called again. */
  close(): Promise<void>
}

/** Works in the calling thread, one turn of the event loop per task. */
export const inlineCrew = (): Crew => ({
  width: 1,
  run: async <T extends ChunkTask>(task: T) => {
    await new Promise(resolve => setImmediate(resolve))
    return perform(task) as Outcome<T>
  },
  start: () => {},
  close: async () => {},
})
