import type { State } from '../state.ts'

/**
 * Restarts the coordinator's toolstack: sessions and tasks are gone for good, calls answer HOST_STILL_BOOTING for a while,
 * and every other reference stays valid.
 */
export const restartToolstack = (state: State, milliseconds: number): void => {
  state.sessions.closeAll()
  state.tasks.forgetAll()
  state.runtime.booting = true
  setTimeout(() => {
    state.runtime.booting = false
  }, milliseconds).unref()
}
