import type { Maker } from '#core/points/marks.ts'
import type { DiskContent } from '#disk-formats/disk-content.ts'
import type { SnapshotDisk } from '../../sources/api.ts'
import type { Ref, Xapi } from '../../xapi/api.ts'
import { tagAsOurs } from '../../xapi/other-config.ts'
import { VmRecord } from '../../xapi/records.ts'
import { releaseDisk, untilDetached } from '../../xapi/release-disk.ts'
import { disksOf, unlessGone } from '../../xapi/vms.ts'
import { VoidAnswer } from '../../xapi/void-answer.ts'
import { writeVdi } from '../new/new-vdi.ts'
import { startVm } from '../start-vm.ts'
import { findOrphans, type Orphans } from './orphaned-states.ts'
import {
  block,
  findStandbys,
  type KeptState,
  readMark,
  readStandby,
  type Standby,
  type StandbyMark,
  type StateMark,
  setMark,
  unblock,
} from './standby.ts'
import { type CopyOptions, copyState, type StandbyCopy } from './standby-copy.ts'
import { dropState, goBack, keepState, type NewState, snapshotState } from './standby-states.ts'

export interface WriteOnTop {
  vdiRef: Ref
  name: string
  content: DiskContent
  signal: AbortSignal
  onProgress?: (bytes: number) => void
}

/** What jobs of replication ask of a pool. Errors: those of `Xapi`. */
export interface Standbys {
  /** The standby, and former ones whose removal was cut off. */
  findAll(replicaId: string, owner: string): Promise<Standby[]>
  find(replicaId: string, owner: string): Promise<Standby | undefined>
  /** Of a standby that somebody deleted. */
  orphans(replicaId: string, owner: string): Promise<Orphans>
  /** One that was found before, as it is now. @returns undefined where it is gone, or no standby any more */
  again(standby: Pick<Standby, 'ref' | 'mark'>): Promise<Standby | undefined>
  /** What one that was found before says of itself now. @returns undefined where it is gone, or no standby any more */
  markOf(standby: Pick<Standby, 'ref' | 'mark'>): Promise<StandbyMark | undefined>
  /** Says what it holds, or that it is being written. */
  mark(ref: Ref, mark: StandbyMark): Promise<void>
  /** Puts the blocks of its start (back), and takes off what starts it by itself. */
  block(ref: Ref, vmName: string): Promise<void>
  /** Writes the blocks that are present, whole, zeros included; others stay as they are. @returns bytes */
  write(options: WriteOnTop): Promise<number>
  /** Waits until dom0 has let go of its disks. */
  settle(standby: Pick<Standby, 'disks'>): Promise<void>
  snapshot(standby: Standby, maker: Maker, facts: Omit<StateMark, 'self'>): Promise<NewState>
  keep(state: NewState): Promise<void>
  drop(state: KeptState, maker: Maker): Promise<string[]>
  goBack(standby: Standby, state: KeptState, vmName: string): Promise<StandbyMark>
  /** A copy of a state that can be started, isolated. See `standby-copy.ts`. */
  copy(state: KeptState, options: CopyOptions): Promise<StandbyCopy>
  /** The disk of a state, to be read back. @param state reference of the snapshot */
  diskOf(state: Ref, userdevice: string): Promise<SnapshotDisk | undefined>
  rename(ref: Ref, name: string): Promise<void>
  unblock(ref: Ref): Promise<void>
  /** @returns why it did not start */
  start(ref: Ref): Promise<string | undefined>
  /** Removes a standby that another has taken the place of, with its states and disks. */
  remove(standby: Standby, maker: Maker): Promise<string[]>
}

export const standbysOf = (xapi: Xapi): Standbys => ({
  findAll: (replicaId, owner) => findStandbys(xapi, replicaId, owner),
  find: async (replicaId, owner) => (await findStandbys(xapi, replicaId, owner))[0],
  orphans: (replicaId, owner) => findOrphans(xapi, replicaId, owner),
  again: ({ ref, mark }) => readStandby(xapi, ref, mark.replicaId, mark.owner),
  markOf: ({ ref, mark }) => readMark(xapi, ref, mark),
  mark: (ref, mark) => setMark(xapi, ref, mark),
  block: (ref, vmName) => block(xapi, ref, vmName),
  write: ({ vdiRef, name, content, ...more }) =>
    writeVdi(xapi, vdiRef, content, { ...more, disk: { name }, onTop: true }),
  async settle({ disks }) {
    for (const { vdiRef } of disks) await untilDetached(xapi, vdiRef)
  },
  snapshot: (standby, maker, facts) => snapshotState(xapi, standby, maker, facts),
  keep: state => keepState(xapi, state),
  drop: (state, maker) => dropState(xapi, state, maker),
  goBack: (standby, state, vmName) => goBack(xapi, standby, state, vmName),
  copy: (state, options) => copyState(xapi, state, options),
  async diskOf(state, userdevice) {
    const record = await unlessGone(xapi.call('VM.get_record', [state], VmRecord))
    const disks = record ? await disksOf(xapi, record) : []
    const found = disks.find(({ vbd }) => vbd.userdevice === userdevice)
    if (!found) return undefined
    const { vdiRef: ref, vdi } = found
    const { uuid, name_label: name, virtual_size: size, cbt_enabled: cbt } = vdi
    return { ref, uuid, liveUuid: '', userdevice, name, size, cbt }
  },
  async rename(ref, name) {
    await xapi.call('VM.set_name_label', [ref, name], VoidAnswer)
  },
  unblock: ref => unblock(xapi, ref),
  start: ref => startVm(xapi, ref),
  async remove(standby, maker) {
    const notes: string[] = []
    for (const state of standby.states) notes.push(...(await dropState(xapi, state, maker)))
    // The job's from here on: what is cut off is removed with its leftovers.
    await tagAsOurs(xapi, 'VM', standby.ref, standby.record.uuid, maker)
    for (const { vdiRef, vdi } of standby.disks)
      await tagAsOurs(xapi, 'VDI', vdiRef, vdi.uuid, maker)
    await unlessGone(xapi.call('VM.destroy', [standby.ref], VoidAnswer))
    for (const { vdiRef } of standby.disks)
      await releaseDisk(xapi, 'VDI.destroy', vdiRef, maker.owner).catch(error => {
        notes.push(`A disk of the former standby is left: ${error.message}`)
      })
    return notes
  },
})
