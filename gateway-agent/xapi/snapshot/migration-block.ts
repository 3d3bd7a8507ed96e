import { blockReason, type Maker, makerOfBlock } from '#core/points/marks.ts'
import type { Ref, Xapi } from '../api.ts'
import { removeMapKeys, setMapKeys } from '../other-config.ts'
import { Strings } from '../records.ts'
import { VoidAnswer } from '../void-answer.ts'

/** Both move disks away under a running backup; blocking one leaves the other open. */
const MIGRATIONS = ['pool_migrate', 'migrate_send'] as const

/**
 * Keeps the VM where it is. A block that a person or another installation has set stays as it is.
 * @param known what was read of its blocks a moment ago
 * @returns what to tell the user
 */
export const blockMigration = async (
  xapi: Xapi,
  vm: Ref,
  maker: Maker,
  known?: Record<string, string>,
): Promise<string[]> => {
  const others = new Set<string>()
  const blocked = known ?? (await xapi.call('VM.get_blocked_operations', [vm], Strings))
  for (const operation of MIGRATIONS) {
    const reason = blocked[operation]
    const blocker = makerOfBlock(reason)
    if (blocker && blocker.owner !== maker.owner) others.add(blocker.jobId)
    if (reason !== undefined && blocker?.owner !== maker.owner) continue
    await setMapKeys(xapi, 'VM.blocked_operations', vm, { [operation]: blockReason(maker) })
  }
  await xapi.call('VM.update_allowed_operations', [vm], VoidAnswer)
  return [...others].map(
    jobId =>
      `Another installation of XenKeep was reading the VM, too (job ${jobId}); its block of migrations was left alone and may have ended before this backup.`,
  )
}

/** Takes back what `blockMigration` set for any job of the installation, and nothing else. */
export const unblockMigration = async (xapi: Xapi, vm: Ref, owner: string): Promise<void> => {
  const blocked = await xapi.call('VM.get_blocked_operations', [vm], Strings)
  const ours = MIGRATIONS.filter(operation => makerOfBlock(blocked[operation])?.owner === owner)
  if (ours.length === 0) return
  await removeMapKeys(xapi, 'VM.blocked_operations', vm, ours)
  await xapi.call('VM.update_allowed_operations', [vm], VoidAnswer)
}
