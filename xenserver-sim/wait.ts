import { setTimeout as sleep } from 'node:timers/promises'
import type { State } from './state.ts'

/** Lets time pass, or throws when the pool closes first. */
export const pause = async (state: State, milliseconds: number): Promise<void> => {
  if (milliseconds > 0) await sleep(milliseconds, undefined, { signal: state.closing })
}

/** Waits for the next change in the database, at most so long. Throws when the pool closes first. */
export const nextChange = (state: State, milliseconds: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      clearTimeout(timer)
      stop()
      state.closing.removeEventListener('abort', onClose)
      settle()
    }
    const onClose = () => end(() => reject(new Error('The pool is closing.')))
    const stop = state.database.onChange(() => end(resolve))
    const timer = setTimeout(() => end(resolve), Math.min(milliseconds, 0x7fffffff))
    state.closing.addEventListener('abort', onClose)
    if (state.closing.aborted) onClose()
  })
