import { MethodUnavailableError } from '#core/errors/methods.ts'
import { limits } from '../limits.ts'
import { TooLongError } from '../xapi/in-time.ts'
import type { VmSnapshot } from '../xapi/vm-snapshot.ts'
import { ofHalted } from './halted.ts'
import type { TakeByMethod } from './method.ts'

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
  let taken: VmSnapshot
  try {
    tell('taking a snapshot')
    taken = await pool.snapshotVm({
      ...snapshot,
      whileDown: true,
      worth:
        switchedOff === undefined
          ? ofHalted(vmName, 'offline')
          : () => ({ consistency: 'crash', weakerBecause: switchedOff }),
    })
  } catch (error) {
    await pool.runAgain({ vmUuid, owner })
    if (!(error instanceof TooLongError)) throw error
    const why = 'its snapshot took so long that it was called off, and the VM started again'
    throw new MethodUnavailableError(vmName, 'offline', why, error)
  }
  tell('starting the VM again')
  try {
    taken.notes.push(...(await pool.runAgain({ vmUuid, owner })))
    return taken
  } catch (error) {
    await pool.destroySnapshot(taken)
    throw error
  }
}
