import { blockReason, jobOfBlock } from '#core/points/marks.ts'
import type { Ref, Xapi } from './api.ts'
import { removeMapKeys, setMapKeys } from './other-config.ts'
import { Strings } from './records.ts'
import { VoidAnswer } from './void-answer.ts'

/** Both move disks away under a running backup; blocking one leaves the other open. */
const MIGRATIONS = ['pool_migrate', 'migrate_send'] as const

/** Keeps the VM where it is. A block that a person has set stays as it is. */
export const blockMigration = async (xapi: Xapi, vm: Ref, jobId: string): Promise<void> => {
  const blocked = await xapi.call('VM.get_blocked_operations', [vm], Strings)
  for (const operation of MIGRATIONS) {
    const reason = blocked[operation]
    if (reason !== undefined && jobOfBlock(reason) === undefined) continue
    await setMapKeys(xapi, 'VM.blocked_operations', vm, { [operation]: blockReason(jobId) })
  }
  await xapi.call('VM.update_allowed_operations', [vm], VoidAnswer)
}

/** Takes back what `blockMigration` set for any job, and nothing else. */
export const unblockMigration = async (xapi: Xapi, vm: Ref): Promise<void> => {
  const blocked = await xapi.call('VM.get_blocked_operations', [vm], Strings)
  const ours = MIGRATIONS.filter(operation => jobOfBlock(blocked[operation] ?? '') !== undefined)
  if (ours.length === 0) return
  await removeMapKeys(xapi, 'VM.blocked_operations', vm, ours)
  await xapi.call('VM.update_allowed_operations', [vm], VoidAnswer)
}
