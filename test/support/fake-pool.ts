import { VmNotFoundError } from '#core/errors/xenserver.ts'
import { type Maker, RESTORED_TAG } from '#core/points/marks.ts'
import type { VmMetadata } from '#core/points/vm-metadata.ts'
import type { Pool, RestoredVm } from '#gateway-agent/jobs/pool.ts'
import type { DiskExtent } from '#gateway-agent/sources/api.ts'
import type { OurObject } from '#gateway-agent/xapi/leftovers.ts'
import type { VmSnapshot } from '#gateway-agent/xapi/snapshot/vm-snapshot.ts'

export const CHUNK = 1024 * 1024

interface Disk {
  uuid: string
  name: string
  userdevice: string
  bytes: Uint8Array
  cbt: boolean
}

interface Vdi {
  uuid: string
  liveUuid: string
  jobId: string
  owner: string
  cbt: boolean
  baseOf?: string
  /** Content at the time of the snapshot. A base without data keeps it here as well: it stands for the changed-block record. */
  bytes: Uint8Array
  hasData: boolean
  snapshot?: string
}

interface Restored {
  uuid: string
  name: string
  jobId: string
  owner: string
  finished: boolean
  running: boolean
  mark?: RestoredVm['mark']
  disks: Map<string, Uint8Array>
}

let uuids = 0
const fakeUuid = (): string => `00000000-0000-4000-8000-${(++uuids).toString(16).padStart(12, '0')}`

/** Throws at its first use, not when the pool is copied. */
const absent = <T extends object>(why: string): T =>
  new Proxy({} as T, {
    get: () => {
      throw new Error(why)
    },
  })

/** A pool that works, in memory: snapshots, changed blocks, restores, leftovers. Trouble is scripted in `trouble`. */
export const createFakePool = () => {
  const vms = new Map<string, { name: string; powerState: 'Running' | 'Halted'; disks: Disk[] }>()
  const vdis = new Map<string, Vdi>()
  const snapshots = new Map<string, Maker & { vmUuid: string; whole: VmSnapshot }>()
  const blocked = new Map<string, Maker>()
  const restored = new Map<string, Restored>()
  const trouble: {
    /** Throws at this point of reading a disk, in bytes. */
    readAt?: { bytes: number; error: () => Error }
    snapshot?: Error
    /** Why the snapshot of an earlier attempt cannot be gone on with. */
    unusable?: string
    settle?: Error
    write?: Error
    /** Changes the bytes that a restore reads on their way. */
    reading?: () => void
  } = {}
  let bytesRead = 0
  let snapshotsTaken = 0

  const dropSnapshot = (ref: string, keepBases: boolean) => {
    const vmUuid = snapshots.get(ref)?.vmUuid
    for (const vdi of [...vdis.values()].filter(({ snapshot }) => snapshot === ref)) {
      delete vdi.snapshot
      if (keepBases && vdi.cbt && vmUuid) Object.assign(vdi, { baseOf: vmUuid, hasData: false })
      else vdis.delete(vdi.uuid)
    }
    snapshots.delete(ref)
    if (vmUuid) blocked.delete(vmUuid)
  }

  const pool: Pool = {
    uuid: fakeUuid(),
    watchIncidents: () => ({ sentences: [], stop: () => undefined }),
    describe: async () => ({ name: 'lab', version: 'XenServer 8' }),
    readInventory: async () => ({
      uuid: pool.uuid,
      name: 'lab',
      version: 'XenServer 8',
      hosts: [],
      srs: [],
      vms: [],
    }),

    async snapshotVm({ vmUuid, jobId, owner }) {
      snapshotsTaken++
      const vm = vms.get(vmUuid)
      if (!vm) throw new VmNotFoundError(vmUuid)
      if (trouble.snapshot) throw trouble.snapshot
      blocked.set(vmUuid, { jobId, owner })
      const ref = fakeUuid()
      const kept = vm.disks.filter(({ name }) => !name.includes('[NOBAK]'))
      const disks = kept.map(disk => {
        const uuid = fakeUuid()
        vdis.set(uuid, {
          uuid,
          liveUuid: disk.uuid,
          jobId,
          owner,
          cbt: disk.cbt,
          bytes: disk.bytes.slice(),
          hasData: true,
          snapshot: ref,
        })
        const { userdevice, name, cbt } = disk
        return {
          ref: uuid,
          uuid,
          liveUuid: disk.uuid,
          userdevice,
          name,
          size: disk.bytes.length,
          cbt,
        }
      })
      const whole: VmSnapshot = {
        ref,
        uuid: ref,
        owner,
        vm: { ref: vmUuid, uuid: vmUuid, name: vm.name },
        taken: 1_790_000_000_000,
        powerState: vm.powerState,
        consistency: vm.powerState === 'Halted' ? 'offline' : 'crash',
        disks,
        skipped: vm.disks
          .filter(disk => !kept.includes(disk))
          .map(({ uuid, userdevice }) => ({
            vdiUuid: uuid,
            userdevice,
            reason: 'its name says [NOBAK]',
          })),
        notes: [],
      }
      snapshots.set(ref, { jobId, owner, vmUuid, whole })
      return whole
    },

    // Methods that stop a VM are tested on a simulated pool.
    keepLabel: async () => undefined,
    hasVm: async uuid => vms.has(uuid) || snapshots.has(uuid),
    startTime: async () => 0,
    powerState: async vmUuid => vms.get(vmUuid)?.powerState ?? 'Running',
    shutDown: async () => undefined,
    markStopped: async () => undefined,
    runAgain: async () => [],
    startStopped: async () => ({ started: [], failed: [], watched: 0 }),

    async findSnapshot({ vmUuid, jobId, owner }) {
      const found = [...snapshots.values()].find(
        made => made.vmUuid === vmUuid && made.jobId === jobId && made.owner === owner,
      )
      if (!found) return undefined
      if (trouble.unusable) return { unusable: trouble.unusable }
      return { snapshot: found.whole }
    },

    async readVmMetadata(vmUuid) {
      const vm = vms.get(vmUuid)
      if (!vm) throw new VmNotFoundError(vmUuid)
      return {
        uuid: vmUuid,
        record: { name_label: vm.name },
        biosStrings: {},
        disks: vm.disks.map(({ uuid, name, userdevice, bytes }) => ({
          vdiUuid: uuid,
          name,
          description: '',
          size: bytes.length,
          sharable: false,
          readOnly: false,
          tags: [],
          vdiOtherConfig: {},
          xenstoreData: {},
          userdevice,
          bootable: userdevice === '0',
          mode: 'RW' as const,
          unpluggable: true,
          vbdOtherConfig: {},
          qosType: '',
          qosParams: {},
        })),
        cds: [],
        vifs: [],
        vtpms: 0,
        guestOs: {},
      } satisfies VmMetadata
    },

    exportOf: () => ({
      alone: () => {
        throw new Error('the fake pool reads without streams')
      },
      together: () => {
        throw new Error('the fake pool reads without streams')
      },
    }),

    async readDisk({ disk, base, whole, also = [] }) {
      const vdi = vdis.get(disk.uuid)
      if (!vdi) throw new Error('the fake pool has no such snapshot')
      const former = base && !whole ? vdis.get(base.vdiUuid) : undefined
      const offsets: number[] = []
      for (let at = 0; at < vdi.bytes.length; at += CHUNK)
        if (
          !former ||
          also.some(({ offset, length }) => offset <= at && at < offset + length) ||
          Buffer.compare(vdi.bytes.subarray(at, at + CHUNK), former.bytes.subarray(at, at + CHUNK))
        )
          offsets.push(at)
      let read = 0
      let needed = offsets
      return {
        rung: 'cbt-nbd',
        incremental: former !== undefined,
        reasons: base && !whole && !former ? ['Full: XenServer no longer has the base.'] : [],
        bytesTotal: offsets.length * CHUNK,
        get bytesRead() {
          return read
        },
        skip(done) {
          const isDone = (at: number) =>
            done.some(({ offset, length }) => offset <= at && at < offset + length)
          needed = offsets.filter(offset => !isDone(offset))
          return (offsets.length - needed.length) * CHUNK
        },
        async *extents(): AsyncGenerator<DiskExtent> {
          for (const offset of needed) {
            if (trouble.readAt && read >= trouble.readAt.bytes) throw trouble.readAt.error()
            const bytes = vdi.bytes.slice(offset, offset + CHUNK)
            read += bytes.length
            bytesRead += bytes.length
            yield { offset, bytes }
          }
        },
      }
    },

    async destroySnapshot({ ref }) {
      dropSnapshot(ref, false)
      return []
    },
    async keepCbtBases({ ref, vm, disks }) {
      if (trouble.settle) throw trouble.settle
      for (const { uuid } of disks) {
        const vdi = vdis.get(uuid)
        if (vdi?.cbt) Object.assign(vdi, { baseOf: vm.uuid, hasData: false })
      }
      dropSnapshot(ref, true)
      return []
    },

    async createVm({ newName, jobId, owner }) {
      const vm: Restored = {
        uuid: fakeUuid(),
        name: newName,
        jobId,
        owner,
        finished: false,
        running: false,
        disks: new Map(),
      }
      restored.set(vm.uuid, vm)
      return {
        ref: vm.uuid,
        uuid: vm.uuid,
        notes: ['It has new MAC addresses.'],
        srOf: () => undefined,
        async addDisk({ disk, content, signal, onProgress }) {
          if (trouble.write) throw trouble.write
          const bytes = new Uint8Array(content.size)
          for await (const extent of content.read(signal)) {
            const block = Math.floor(extent.offset / (2 * 1024 * 1024))
            if (!content.present(block))
              throw new Error('data in a block that was said to be empty')
            bytes.set(extent.bytes, extent.offset)
            onProgress?.(extent.offset + extent.bytes.length)
          }
          vm.disks.set(disk.userdevice, bytes)
          return { vdiUuid: fakeUuid(), bytesWritten: bytes.length }
        },
        async finish({ start, marks = {} }) {
          vm.finished = true
          vm.running = start
          vm.mark = JSON.parse(marks[RESTORED_TAG] ?? 'null')
          return { started: start }
        },
        async discard() {
          restored.delete(vm.uuid)
          return []
        },
      }
    },
    async findRestored(jobId) {
      const vm = [...restored.values()].find(
        ({ mark, finished }) => finished && mark?.jobId === jobId,
      )
      if (!vm?.mark) return undefined
      const { uuid, name, running, mark } = vm
      const disks = [...vm.disks.keys()].map(userdevice => ({ vdiUuid: fakeUuid(), userdevice }))
      return { ref: uuid, uuid, name, running, mark, disks }
    },
    async overwriteVm() {
      throw new Error('the fake pool writes into no VM')
    },
    async createDisks() {
      throw new Error('the fake pool makes no disks without a VM')
    },
    async describeDisks() {
      return []
    },
    async describeOverwrite() {
      return []
    },
    async describeVm() {
      return ['Makes a new VM.']
    },
    async settleRestored() {
      return []
    },
    async startVm({ ref }) {
      const vm = restored.get(ref)
      if (vm) vm.running = true
      return undefined
    },

    standbys: absent<Pool['standbys']>('the fake pool has no standbys'),
    bootVm: () => Promise.reject(new Error('the fake pool boots nothing')),
    async snapshotTemplate() {
      throw new Error('the fake pool has no templates')
    },
    components: absent<Pool['components']>('the fake pool has nothing but VMs'),

    async listOurs(wanted) {
      const ours: OurObject[] = []
      for (const [uuid, { jobId, owner }] of snapshots)
        ours.push({ kind: 'snapshot', ref: uuid, uuid, name: 'snapshot', jobId, owner })
      for (const { uuid, jobId, owner, baseOf, hasData } of vdis.values())
        ours.push({
          kind: 'disk',
          ref: uuid,
          uuid,
          name: 'disk',
          jobId,
          owner,
          ...(baseOf && { baseOf }),
          ...(hasData && { hasData }),
        })
      for (const [uuid, maker] of blocked)
        ours.push({ kind: 'block', ref: uuid, uuid, name: 'vm', ...maker })
      for (const { uuid, jobId, owner, finished, name } of restored.values())
        if (!finished) ours.push({ kind: 'unfinished-vm', ref: uuid, uuid, name, jobId, owner })
      return ours.filter(({ owner }) => owner === wanted)
    },
    async removeOurs(objects) {
      for (const { kind, ref } of objects) {
        if (kind === 'snapshot') dropSnapshot(ref, false)
        if (kind === 'disk') vdis.delete(ref)
        if (kind === 'block') blocked.delete(ref)
        if (kind === 'unfinished-vm') restored.delete(ref)
      }
      return []
    },
  }

  return {
    pool,
    vms,
    vdis,
    snapshots,
    blocked,
    restored,
    trouble,
    snapshotsTaken: () => snapshotsTaken,
    /** Of all disks, by all readings. */
    bytesRead: () => bytesRead,
    addVm(name: string, images: Uint8Array[], { cbt = true } = {}) {
      const uuid = fakeUuid()
      const disks = images.map((bytes, i) => ({
        uuid: fakeUuid(),
        name: `${name} disk ${i}`,
        userdevice: String(i),
        bytes: new Uint8Array(bytes), // a Buffer's slice() would be no copy
        cbt,
      }))
      vms.set(uuid, { name, powerState: 'Running', disks })
      return { uuid, name, disks }
    },
    /** Nothing of a job is there but the bases of points. */
    isClean: () =>
      snapshots.size === 0 &&
      blocked.size === 0 &&
      [...vdis.values()].every(({ baseOf, hasData }) => baseOf !== undefined && !hasData) &&
      [...restored.values()].every(({ finished }) => finished),
  }
}

export type FakePool = ReturnType<typeof createFakePool>
export type FakeVm = ReturnType<FakePool['addVm']>
