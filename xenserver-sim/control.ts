import type { Extra } from './http/server.ts'
import type { State } from './state.ts'

/** The channel of tests and the demo, under `/sim/`; it is plainly no part of XAPI. */
export const createControl =
  (_state: State, _dropConnections: () => void): Extra =>
  async () =>
    false
