import { LEAVE_SECONDS } from '#core/contracts/maintenance.ts'
import type { Clock, MaintenanceStore } from '#core/ports.ts'
import type { ConfirmRemoval } from './confirm.ts'

/** Not told to anybody: the report of the job says why the point stays. */
export class LeaveWithdrawn extends Error {
  readonly because: string
  constructor(because: string) {
    super(because)
    this.because = because
  }
}

interface Options {
  store: MaintenanceStore
  confirm: ConfirmRemoval
  clock: Clock
  signal: AbortSignal
}

/**
 * Asks for leave to remove a point, and hands on a store that removes with it. Leave is good for a minute: a process that was stopped in between, or a store that did
 * not answer for long, may come to the removal when the job is somebody else's, and a hold has been placed; then it is asked again right before.
 * @throws LeaveWithdrawn where it is not given, `store.remove` where it is not given any more; the reason of the signal
 */
export const underLeave = async (
  pointId: string,
  { store, confirm, clock, signal }: Options,
): Promise<MaintenanceStore> => {
  let asked = Number.NEGATIVE_INFINITY
  const hasLeave = async () => {
    signal.throwIfAborted()
    const age = clock.now() - asked
    if (age >= 0 && age < LEAVE_SECONDS * 1_000) return
    asked = clock.now()
    const forbidden = await confirm(pointId, signal)
    if (forbidden !== undefined) throw new LeaveWithdrawn(forbidden)
    // The answer may have been long on its way.
    await hasLeave()
  }
  await hasLeave()
  return {
    address: store.address,
    put: (key, parts) => store.put(key, parts),
    get: (key, range, memory) => store.get(key, range, memory),
    stat: key => store.stat(key),
    list: (prefix, options) => store.list(prefix, options),
    lockSupport: () => store.lockSupport(),
    retain: (key, until, mode) => store.retain(key, until, mode),
    retention: (key, version) => store.retention(key, version),
    versions: (prefix, options) => store.versions(prefix, options),
    getVersion: (key, version, range) => store.getVersion(key, version, range),
    remove: async (key, version) => {
      await hasLeave()
      await store.remove(key, version)
    },
    supersede: (key, bytes) => store.supersede(key, bytes),
  }
}
