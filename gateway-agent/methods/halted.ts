import type { Method } from '#core/contracts/methods.ts'
import { MethodUnavailableError } from '#core/errors/methods.ts'
import type { SnapshotVmOptions } from '../xapi/snapshot/snapshot.ts'
import { plainWorth } from '../xapi/snapshot/vm-snapshot.ts'

/**
 * What the snapshot of a VM that was halted is worth, if it still was when the snapshot was taken: a person, high availability or another
 * backup may have started it in between, and in a group minutes pass.
 */
export const ofHalted =
  (vmName: string, method: Method): NonNullable<SnapshotVmOptions['worth']> =>
  ({ powerState }) => {
    if (powerState === 'Halted') return plainWorth(powerState)
    const why = `somebody started it before its snapshot was taken (it was ${powerState.toLowerCase()})`
    throw new MethodUnavailableError(vmName, method, why)
  }
