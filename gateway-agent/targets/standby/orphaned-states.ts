import { STANDBY_TAG, STATE_TAG } from '#core/points/marks.ts'
import type { Xapi } from '../../xapi/api.ts'
import { RefText, recordsOf, VdiRecord, VmRecord } from '../../xapi/records.ts'
import { unlessGone } from '../../xapi/vms.ts'
import { parsed, StandbyMark, StateMark } from './standby.ts'

/** What is left of a standby that somebody deleted: names and UUIDs, for people. */
export interface Orphans {
  /** Snapshots that were its states. */
  states: string[]
  /** Its disks, where no VM has them. */
  disks: string[]
}

/** Nothing of it is removed by itself: whoever deleted the standby may want to look at what it was. */
export const findOrphans = async (
  { call }: Pick<Xapi, 'call'>,
  replicaId: string,
  owner: string,
): Promise<Orphans> => {
  const vms = await call('VM.get_all_records', [], recordsOf(VmRecord))
  const states: string[] = []
  const written = new Set<string>()
  for (const record of Object.values(vms)) {
    const mark = parsed(StateMark, record.other_config[STATE_TAG])
    const standby = parsed(StandbyMark, record.other_config[STANDBY_TAG])
    const isState = record.is_a_snapshot && mark?.self === record.uuid && standby?.owner === owner
    if (!isState || mark.replicaId !== replicaId || vms[record.snapshot_of]) continue
    states.push(`"${record.name_label}" (${record.uuid})`)
    for (const { vdiUuid } of standby.disks) written.add(vdiUuid)
  }
  const disks: string[] = []
  for (const uuid of written) {
    const ref = await unlessGone(call('VDI.get_by_uuid', [uuid], RefText))
    const vdi = ref && (await unlessGone(call('VDI.get_record', [ref], VdiRecord)))
    if (vdi && vdi.VBDs.length === 0) disks.push(`"${vdi.name_label}" (${uuid})`)
  }
  return { states: states.sort(), disks: disks.sort() }
}
