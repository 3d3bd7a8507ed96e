import { XenkeepError } from '#core/errors/base.ts'
import { type Maker, makerOfBlock } from '#core/points/marks.ts'
import type { Ref, Xapi } from './api.ts'
import { removeMapKeys } from './other-config.ts'
import { BASE_TAG, isOf, JOB_TAG, makerOf, SELF_TAG } from './ours.ts'
import { recordsOf, VdiRecord, VmRecord } from './records.ts'
import { foreignUser, releaseDisk } from './release-disk.ts'
import { putBack, safetySnapshotAt } from './safety/safety-snapshot.ts'
import { destroyUnfinishedVm } from './safety/unfinished-vm.ts'
import { unblockMigration } from './snapshot/migration-block.ts'
import { destroySnapshotVm } from './snapshot/snapshot-removal.ts'
import { unlessGone } from './vms.ts'

/** Something in the pool that a job of ours made. */
export interface OurObject extends Maker {
  /** `snapshot` and `unfinished-vm` include their disks; `block` is a migration block on a VM that is not ours. */
  kind: 'snapshot' | 'unfinished-vm' | 'disk' | 'block'
  ref: Ref
  uuid: string
  name: string
  /** UUID of the VM whose CBT base this disk is. */
  baseOf?: string
  /** On disks: more than changed-block metadata is left of it. */
  hasData?: true
}

/**
 * All objects of an installation in the pool, running jobs included; disks are listed even where their snapshot is listed
 * too. Those of other installations, which use another repository, are not among them.
 */
export const listOurs = async ({ call }: Xapi, owner: string): Promise<OurObject[]> => {
  const found: OurObject[] = []
  const vms = await call('VM.get_all_records', [], recordsOf(VmRecord))
  for (const [ref, vm] of Object.entries(vms)) {
    const { uuid, name_label: name } = vm
    const maker = makerOf(vm)
    const kind = vm.is_a_snapshot ? 'snapshot' : 'unfinished-vm'
    if (maker?.owner === owner) found.push({ kind, ref, uuid, name, ...maker })
    const blockers = Object.values(vm.blocked_operations).map(makerOfBlock)
    const blocker = blockers.find(by => by?.owner === owner)
    if (blocker) found.push({ kind: 'block', ref, uuid, name, ...blocker })
  }
  const vdis = await call('VDI.get_all_records', [], recordsOf(VdiRecord))
  for (const [ref, vdi] of Object.entries(vdis)) {
    const maker = makerOf(vdi)
    if (maker?.owner !== owner || !vdi.managed) continue
    const baseOf = vdi.other_config[BASE_TAG]
    const { uuid, name_label: name } = vdi
    const hasData = vdi.type !== 'cbt_metadata' && { hasData: true as const }
    found.push({ kind: 'disk', ref, uuid, name, ...maker, ...(baseOf && { baseOf }), ...hasData })
  }
  return found
}

/** A disk that hangs on a VM which is not ours is the VM's (a restore that was cut off at its very end): it loses our tags. */
const removeDisk = async (xapi: Xapi, ref: Ref, owner: string): Promise<string[]> => {
  const record = await unlessGone(xapi.call('VDI.get_record', [ref], VdiRecord))
  if (!record || !isOf(owner, record)) return []
  const user = await foreignUser(xapi, ref, owner)
  if (user === undefined) {
    await releaseDisk(xapi, 'VDI.destroy', ref, owner)
    return []
  }
  await unlessGone(removeMapKeys(xapi, 'VDI.other_config', ref, [JOB_TAG, SELF_TAG, BASE_TAG]))
  return [
    `A disk of the VM "${user}" still bore a mark of ours; it was left alone and bears none now.`,
  ]
}

const remove = async (xapi: Xapi, { kind, ref, owner }: OurObject): Promise<string[]> => {
  switch (kind) {
    case 'snapshot': {
      const safety = await safetySnapshotAt(xapi, ref)
      return safety ? putBack(xapi, safety) : destroySnapshotVm(xapi, ref, owner)
    }
    case 'unfinished-vm':
      await destroyUnfinishedVm(xapi, ref, owner)
      return []
    case 'disk':
      return removeDisk(xapi, ref, owner)
    case 'block':
      await unlessGone(unblockMigration(xapi, ref, owner))
      return []
  }
}

const ORDER: OurObject['kind'][] = ['snapshot', 'unfinished-vm', 'disk', 'block']

/**
 * Removes objects that `listOurs` told; what is gone already is fine.
 * @returns what is left and why, one sentence each
 */
export const removeOurs = async (xapi: Xapi, objects: readonly OurObject[]): Promise<string[]> => {
  const notes: string[] = []
  for (const object of objects.toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind)))
    try {
      notes.push(...(await remove(xapi, object)))
    } catch (error) {
      if (!(error instanceof XenkeepError)) throw error
      notes.push(`"${object.name}" of job ${object.jobId} is still there: ${error.message}`)
    }
  return notes
}
