import type { Xapi } from '../api.ts'
import { recordsOf, Strings, VdiRecord } from '../records.ts'
import type { AttachedDisk } from '../vms.ts'

const Node = VdiRecord.extend({ sm_config: Strings.default({}) })

const LONGEST_CHAIN = 64

/**
 * Whether the storage is still merging earlier snapshots of these disks: an unmanaged node whose only child is unmanaged, too,
 * waits to be coalesced. Each snapshot on top makes the chain longer, until XenServer refuses (SR_BACKEND_FAILURE_109).
 * @returns what to tell the user, one sentence per disk
 */
export const pendingCoalesce = async (
  { call }: Xapi,
  disks: readonly AttachedDisk[],
): Promise<string[]> => {
  const notes: string[] = []
  for (const sr of new Set(disks.map(({ vdi }) => vdi.SR))) {
    const nodes = Object.values(
      await call('VDI.get_all_records_where', [`field "SR"="${sr}"`], recordsOf(Node)),
    )
    const byUuid = new Map(nodes.map(node => [node.uuid, node]))
    const children = Map.groupBy(nodes, ({ sm_config }) => sm_config['vhd-parent'] ?? '')
    for (const { vdi } of disks.filter(disk => disk.vdi.SR === sr)) {
      let waiting = 0
      // A chain has 30 members at most (SM); no more steps, should one lead back to itself.
      let at = parentOf(byUuid, vdi.uuid)
      for (let step = 0; at && step < LONGEST_CHAIN; step++) {
        const [only, ...others] = children.get(at.uuid) ?? []
        if (!at.managed && only?.managed === false && others.length === 0) waiting++
        at = parentOf(byUuid, at.uuid)
      }
      if (waiting > 0)
        notes.push(
          `XenServer has not merged earlier snapshots of the disk "${vdi.name_label}" yet (coalesce); if this is told every time, look at the storage repository.`,
        )
    }
  }
  return notes
}

const parentOf = <T extends { sm_config: Record<string, string> }>(
  nodes: ReadonlyMap<string, T>,
  uuid: string,
): T | undefined => nodes.get(nodes.get(uuid)?.sm_config['vhd-parent'] ?? '')
