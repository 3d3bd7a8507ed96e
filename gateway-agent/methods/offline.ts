import { MethodUnavailableError } from '#core/errors/methods.ts'
import { limits } from '../limits.ts'
import { TooLongError } from '../xapi/in-time.ts'
import { ofHalted } from './halted.ts'
import type { TakeByMethod } from './method.ts'
import { whileStopped } from './while-stopped.ts'

/**
 * Shuts the VM down, takes the snapshot and starts the VM again at once, before anything is read. A VM that is halted stays halted;
 * one that is paused or suspended holds things in memory that its disks lack, so it cannot be had offline.
 */
export const offline: TakeByMethod = async ({ pool, vmName, choice, snapshot, by, tell }) => {
  const { vmUuid, owner } = snapshot
  const state = await pool.powerState(vmUuid)
  if (state === 'Halted')
    return pool.snapshotVm({ ...snapshot, worth: ofHalted(vmName, 'offline') })
  if (state !== 'Running')
    throw new MethodUnavailableError(
      vmName,
      'offline',
      `it is ${state.toLowerCase()}, and only a running VM can shut itself down`,
    )

  tell('shutting the VM down')
  const switchedOff = await pool.shutDown({
    ...snapshot,
    jobId: by ?? snapshot.jobId,
    seconds: choice.shutdownSeconds ?? limits.shutdownSeconds,
    hard: choice.fallback === 'hard-shutdown',
  })
  const taking = () => {
    tell('taking a snapshot')
    return pool.snapshotVm({
      ...snapshot,
      whileDown: true,
      worth:
        switchedOff === undefined
          ? ofHalted(vmName, 'offline')
          : () => ({ consistency: 'crash', weakerBecause: switchedOff }),
    })
  }
  return whileStopped(
    pool,
    { vmUuid, owner },
    () =>
      taking().catch(error => {
        if (!(error instanceof TooLongError)) throw error
        const why = 'its snapshot took so long that it was called off, and the VM started again'
        throw new MethodUnavailableError(vmName, 'offline', why, error)
      }),
    () => tell('starting the VM again'),
  )
}
