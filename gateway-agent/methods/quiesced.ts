import { MethodUnavailableError } from '#core/errors/methods.ts'
import { XapiError } from '#core/errors/xenserver.ts'
import { limits } from '../limits.ts'
import { GuestNotFrozenError, holdStill } from '../quiesce/hold-still.ts'
import type { QuiesceProvider } from '../quiesce/provider.ts'
import { asSentence } from '../sentences.ts'
import type { VmSnapshot } from '../xapi/snapshot/vm-snapshot.ts'
import { ofHalted } from './halted.ts'
import type { MethodOptions, TakeByMethod } from './method.ts'

/** The release no longer offers quiesced snapshots (removed in 8.1). */
const REMOVED = ['MESSAGE_REMOVED', 'MESSAGE_METHOD_UNKNOWN', 'NOT_IMPLEMENTED']

/** Or this one did not work: XAPI before 8.1 needs Windows with a VSS provider. */
const isRefusal = (error: unknown): error is XapiError =>
  error instanceof XapiError &&
  ([...REMOVED, 'VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION'].includes(error.xapiCode) ||
    /^(VM_SNAPSHOT_WITH_QUIESCE_|XEN_VSS_REQ_ERROR_)/.test(error.xapiCode))

/**
 * A snapshot while the guest holds still: by the hook that is set up for the VM, else by XAPI where the host still offers it. What is
 * recorded is what the guest says it did, and only if it held until the snapshot was confirmed.
 */
export const quiesced: TakeByMethod = async options => {
  const { pool, vmName, snapshot, findProvider } = options
  const state = await pool.powerState(snapshot.vmUuid)
  if (state === 'Halted')
    return pool.snapshotVm({ ...snapshot, worth: ofHalted(vmName, 'quiesced') })
  if (state !== 'Running')
    throw new MethodUnavailableError(
      vmName,
      'quiesced',
      `it is ${state.toLowerCase()}, and only a running guest can bring itself to rest`,
    )
  const provider = findProvider({ uuid: snapshot.vmUuid, name: vmName })
  return provider ? byProvider(provider, options) : byXapi(options)
}

const byProvider = async (
  provider: QuiesceProvider,
  { pool, vmName, choice, snapshot, ready, tell }: MethodOptions,
): Promise<VmSnapshot> => {
  const { signal, around = take => take() } = snapshot
  const vm = { uuid: snapshot.vmUuid, name: vmName }
  const guest = holdStill(provider, {
    vm,
    seconds: choice.freezeSeconds ?? limits.freezeSeconds,
    signal,
  })
  tell('freezing the guest')
  try {
    const taken = await pool.snapshotVm({
      ...snapshot,
      around: async take => {
        await ready?.()
        return guest.around(() => around(take))
      },
      worth: () => {
        const verdict = guest.verdict()
        if (verdict.held) return { consistency: verdict.consistency }
        if (choice.fallback !== 'crash') throw unavailable(vmName, verdict.why)
        return { consistency: 'crash', weakerBecause: asSentence(verdict.why) }
      },
    })
    const ms = guest.stoodStillMs()
    if (ms !== undefined && guest.verdict().held)
      taken.notes.push(
        `The guest stood still for ${(ms / 1_000).toFixed(1)} s around the snapshot.`,
      )
    return taken
  } catch (error) {
    throw error instanceof GuestNotFrozenError ? unavailable(vmName, error.message, error) : error
  }
}

const byXapi = async ({
  pool,
  vmName,
  choice,
  snapshot,
  tell,
}: MethodOptions): Promise<VmSnapshot> => {
  tell('taking a quiesced snapshot')
  try {
    return await pool.snapshotVm({
      ...snapshot,
      message: 'VM.snapshot_with_quiesce',
      worth: ({ quiesced }) => {
        if (quiesced) return { consistency: 'application' }
        const why = 'XenServer took the snapshot without bringing the guest to rest'
        if (choice.fallback !== 'crash') throw unavailable(vmName, why)
        return { consistency: 'crash', weakerBecause: asSentence(why) }
      },
    })
  } catch (error) {
    if (!isRefusal(error)) throw error
    const why = REMOVED.includes(error.xapiCode)
      ? 'no quiesce hook is set up for it, and this release of XenServer does not offer quiesced snapshots'
      : `XenServer could not bring the guest to rest (${error.xapiCode})`
    throw unavailable(vmName, why, error)
  }
}

const unavailable = (vmName: string, why: string, cause?: unknown): MethodUnavailableError =>
  new MethodUnavailableError(vmName, 'quiesced', why, cause)
