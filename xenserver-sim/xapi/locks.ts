import type { State } from '../state.ts'
import { nextChange } from '../wait.ts'
import { XapiError } from './errors.ts'
import type { Ref } from './records/index.ts'
import type { VdiOperations } from './records/VDI.ts'
import type { VmOperations } from './records/VM.ts'
import { vdiObstacle, vdiOperations } from './vdi-rules.ts'
import { clientOperations, vmObstacle } from './vm-rules.ts'

/** Recomputes the advisory list of a VM. */
export const refreshVm = (state: State, vm: Ref): void => {
  if (!state.database.find('VM', vm)) return
  const allowed = clientOperations.filter(operation => !vmObstacle(state, vm, operation))
  state.database.update('VM', vm, { allowed_operations: allowed })
}

/** Recomputes the advisory list of a disk. */
export const refreshVdi = (state: State, vdi: Ref): void => {
  if (!state.database.find('VDI', vdi)) return
  const allowed = vdiOperations.filter(operation => !vdiObstacle(state, vdi, operation))
  state.database.update('VDI', vdi, { allowed_operations: allowed })
}

const lock = async (
  state: State,
  obstacle: () => XapiError | undefined,
  lockWait: number,
): Promise<void> => {
  const deadline = performance.now() + lockWait
  for (;;) {
    const found = obstacle()
    if (!found) return
    // Only a lock goes away by waiting; XAPI itself retries these for hours.
    const left = deadline - performance.now()
    if (found.code !== 'OTHER_OPERATION_IN_PROGRESS' || left <= 0) throw found
    await nextChange(state, left)
  }
}

const without = <T>(operations: Record<string, T>, task: Ref): Record<string, T> =>
  Object.fromEntries(Object.entries(operations).filter(([key]) => key !== task))

/**
 * Runs the work while the VM shows the operation in `current_operations`. Throws what stands in its way; waits up to
 * `lockWait` milliseconds for other operations to end.
 */
export const withVmOperation = async <T>(
  state: State,
  vm: Ref,
  operation: VmOperations,
  task: Ref,
  work: () => Promise<T>,
  lockWait = state.timing.lockWait,
): Promise<T> => {
  await lock(state, () => vmObstacle(state, vm, operation), lockWait)
  // What a running VM is asked is done by its host.
  const { resident_on } = state.database.get('VM', vm)
  if (operation !== 'power_state_reset' && state.runtime.dead.has(resident_on))
    throw new XapiError('HOST_OFFLINE', resident_on)
  const { current_operations } = state.database.get('VM', vm)
  state.database.update('VM', vm, {
    current_operations: { ...current_operations, [task]: operation },
  })
  refreshVm(state, vm)
  try {
    return await work()
  } finally {
    const after = state.database.find('VM', vm)
    if (after) {
      state.database.update('VM', vm, {
        current_operations: without(after.current_operations, task),
      })
      refreshVm(state, vm)
    }
  }
}

/** The same for a disk. */
export const withVdiOperation = async <T>(
  state: State,
  vdi: Ref,
  operation: VdiOperations,
  task: Ref,
  work: () => Promise<T>,
): Promise<T> => {
  await lock(state, () => vdiObstacle(state, vdi, operation), state.timing.lockWait)
  const { current_operations } = state.database.get('VDI', vdi)
  state.database.update('VDI', vdi, {
    current_operations: { ...current_operations, [task]: operation },
  })
  refreshVdi(state, vdi)
  try {
    return await work()
  } finally {
    const after = state.database.find('VDI', vdi)
    if (after) {
      state.database.update('VDI', vdi, {
        current_operations: without(after.current_operations, task),
      })
      refreshVdi(state, vdi)
    }
  }
}
