import type { SimHost, State } from '../state.ts'
import { takeOver } from '../xapi/classes/pool.ts'
import { releaseAllOf } from '../xapi/dom0.ts'
import { XapiError } from '../xapi/errors.ts'
import { thePool } from '../xapi/pool-hosts.ts'
import { failOver } from './high-availability.ts'

/** Throws UUID_INVALID [host, uuid]. */
export const hostByUuid = (state: State, uuid: string | null): SimHost => {
  const host = state.hosts.find(h => h.uuid === uuid)
  if (!host) throw new XapiError('UUID_INVALID', 'host', uuid ?? '')
  return host
}

const setLive = (state: State, host: SimHost, live: boolean) => {
  const { metrics } = state.database.get('host', host.ref)
  state.database.update('host_metrics', metrics, { live })
}

/** A disk in use when its host dies keeps a log of changed blocks that nobody closed: 459 until it is attached for writing again. */
const spoilChangeLogs = (state: State, host: SimHost) => {
  for (const { resident_on, is_control_domain, VBDs } of state.database.all('VM').values()) {
    if (resident_on !== host.ref || is_control_domain) continue
    for (const ref of VBDs) {
      const { VDI, mode, empty } = state.database.get('VBD', ref)
      const vdi = empty ? undefined : state.database.find('VDI', VDI)
      if (vdi?.cbt_enabled && mode === 'RW') state.disks.markCbtInconsistent(vdi.uuid)
    }
  }
}

export interface Death {
  /** Becomes coordinator; with HA somebody does in any case. */
  readonly successor?: SimHost | undefined
  /** Open connections are not reset: nothing comes any more, and nothing says so, as when the power or a switch fails. */
  readonly silent?: boolean
}

/**
 * Cuts a host's power: its sockets close at once (or fall silent), and its tasks stay pending. Without HA its VMs keep saying Running
 * with a stale `resident_on`; with HA the others act (high-availability.ts). XAPI takes up to 10 minutes to notice; here `live` turns
 * false at once.
 */
export const killHost = async (
  state: State,
  host: SimHost,
  { successor, silent = false }: Death = {},
): Promise<void> => {
  state.runtime.dead.add(host.ref)
  setLive(state, host, false)
  spoilChangeLogs(state, host)
  const [, { ha_enabled }] = thePool(state)
  if (successor && !ha_enabled) takeOver(state, successor)
  if (ha_enabled) failOver(state, host, successor).catch(() => {})
  if (silent) {
    state.limits.mute(host.ref)
    await state.runtime.withdraw(host)
  } else await state.runtime.silence(host)
}

/** The host comes back: the tasks it left unfinished are marked cancelled, and nothing hangs on its control domain any more. */
export const reviveHost = async (state: State, host: SimHost): Promise<void> => {
  if (!state.runtime.dead.has(host.ref)) return
  // What was left open from before it died knows nothing of it any more.
  await state.runtime.silence(host)
  state.limits.unmute(host.ref)
  state.runtime.dead.delete(host.ref)
  releaseAllOf(state, host)
  for (const [ref, task] of [...state.database.all('task')])
    if (task.resident_on === host.ref && task.status === 'pending')
      state.tasks.fail(ref, new XapiError('TASK_CANCELLED', ref))
  setLive(state, host, true)
  await state.runtime.speak(host)
}
