import type { Ref, Xapi } from '../api.ts'
import { removeMapKeys, setMapKeys } from '../other-config.ts'
import { VmRecord } from '../records.ts'
import { VoidAnswer } from '../void-answer.ts'

const STARTS = ['start', 'start_on']
const WHY = 'XenKeep is writing into the disks of this VM'

/** Keeps everybody from starting the VM. What a person has blocked stays as it is. */
export const forbidStart = async (xapi: Xapi, vm: Ref): Promise<void> => {
  const { blocked_operations: blocked } = await xapi.call('VM.get_record', [vm], VmRecord)
  const free = STARTS.filter(operation => blocked[operation] === undefined)
  await setMapKeys(
    xapi,
    'VM.blocked_operations',
    vm,
    Object.fromEntries(free.map(operation => [operation, WHY])),
  )
}

/** Takes back what `forbidStart` did. */
export const allowStart = async (xapi: Xapi, vm: Ref): Promise<void> => {
  const { blocked_operations: blocked } = await xapi.call('VM.get_record', [vm], VmRecord)
  const ours = STARTS.filter(operation => blocked[operation] === WHY)
  await removeMapKeys(xapi, 'VM.blocked_operations', vm, ours)
  if (ours.length > 0) await xapi.call('VM.update_allowed_operations', [vm], VoidAnswer)
}
