import { allocatedIn, allocatedInOne, ownBlocks } from './allocation.ts'
import { BackendError, smFailure } from './backend-error.ts'
import { CbtChain } from './cbt-chain.ts'
import { CBT_BLOCK, SECTOR, VHD_BLOCK } from './granularity.ts'
import { createLayer, type Layer, settle } from './layer.ts'
import { openRawFile } from './raw-file.ts'
import { readLayer } from './read-plan.ts'
import { Slab } from './slab.ts'

/** Disks with copy-on-write snapshots and changed-block tracking. Knows nothing of XAPI; ids are VDI uuids, sizes are bytes. */
export interface DiskStore {
  createEmpty(id: string, size: number): void
  /** A raw file of any size becomes the read-only bottom of a disk; it is never loaded into memory. */
  openRaw(id: string, path: string): Promise<void>
  /** `snapshotId` is a read-only view of this moment, and part of the same CBT era. */
  snapshot(id: string, snapshotId: string): void
  /** A writable copy-on-write copy, without CBT. */
  clone(id: string, cloneId: string): void
  has(id: string): boolean
  size(id: string): number
  /** Growth only. @throws SR_BACKEND_FAILURE_79 on shrinking, VDI_READONLY on a snapshot */
  resize(id: string, size: number): void
  /** Into `into` where it is given, which must have room. */
  read(id: string, offset: number, length: number, into?: Buffer): Promise<Buffer>
  /** Atomic: a snapshot taken meanwhile holds all of it or nothing. @throws VDI_READONLY on a snapshot */
  write(id: string, offset: number, data: Buffer): Promise<void>
  /** Numbers of the 2 MiB blocks that hold data, ascending; of a raw bottom those that are not all zero. */
  allocatedBlocks(id: string): Promise<number[]>
  /** Numbers of the 2 MiB blocks allocated in exactly one of the two chains (changes in either direction). */
  differingBlocks(baseId: string, id: string): Promise<number[]>
  enableCbt(id: string): void
  disableCbt(id: string): void
  cbtEnabled(id: string): boolean
  /** One bit per 64 KiB of `toId`, most significant first. @throws SR_BACKEND_FAILURE_459, SR_BACKEND_FAILURE_460 */
  changedBlocks(fromId: string, toId: string): Buffer
  /** What a crash with the disk in use does to its log: later comparisons fail with 459. */
  markCbtInconsistent(id: string): void
  /** Whether its log, if it has one, was left as it should be. */
  cbtConsistent(id: string): boolean
  /** Drops the data and keeps the CBT metadata. @throws VDI_NO_CBT_METADATA when there is none to keep */
  dataDestroy(id: string): void
  destroy(id: string): void
  /** Bytes the disk's own node takes, as a VHD would; without what it shares with its parents. */
  physicalUtilisation(id: string): number
  /** Waits for writes under way, then lets go of every file. */
  close(): Promise<void>
}

interface Disk {
  size: number
  layer: Layer | undefined
  readOnly: boolean
  lastWrite: Promise<void>
}

/** @param folder where the overlay file lives while the store is open */
export function createDiskStore(folder: string): DiskStore & { usedSlots(): number } {
  const slab = new Slab(folder)
  const cbt = new CbtChain()
  const disks = new Map<string, Disk>()

  const find = (id: string): Disk => {
    const disk = disks.get(id)
    if (!disk) throw missing(id)
    return disk
  }
  const layerOf = (id: string): Layer => {
    const { layer } = find(id)
    if (!layer) throw new BackendError('VDI_INCOMPATIBLE_TYPE', [id, 'cbt_metadata'])
    return layer
  }
  const add = (id: string, size: number, layer: Layer, readOnly = false) => {
    if (disks.has(id)) throw new Error(`The disk ${id} exists already.`)
    layer.disks++
    disks.set(id, { size, layer, readOnly, lastWrite: Promise.resolve() })
  }
  const letGo = (disk: Disk) => {
    const { layer } = disk
    if (!layer) return
    disk.layer = undefined
    layer.disks--
    settle(layer, slab)
  }
  /** Puts a fresh layer on top of a writable disk, so that what is below can be shared. */
  const freeze = (disk: Disk, layer: Layer): Layer => {
    if (disk.readOnly) return layer
    disk.layer = createLayer(layer)
    disk.layer.disks++
    layer.disks--
    return layer
  }

  const commit = (id: string, disk: Disk, firstBlock: number, slots: number[]) => {
    const { layer } = disk
    if (!layer || disks.get(id) !== disk) {
      for (const slot of slots) slab.free(slot)
      throw missing(id)
    }
    slots.forEach((slot, i) => {
      const replaced = layer.blocks.get(firstBlock + i)
      if (replaced !== undefined) slab.free(replaced)
      layer.blocks.set(firstBlock + i, slot)
    })
    cbt.mark(id, firstBlock, slots.length)
  }

  const writeNow = async (id: string, disk: Disk, offset: number, data: Buffer) => {
    const first = Math.floor(offset / CBT_BLOCK)
    const end = Math.ceil((offset + data.length) / CBT_BLOCK)
    const whole = await padToBlocks(layerOf(id), slab, offset, data)
    const slots = await slab.store(whole)
    if (slots.length !== end - first) throw new Error('A write was not cut into whole blocks.')
    commit(id, disk, first, slots)
  }

  return {
    createEmpty: (id, size) => add(id, size, createLayer()),

    async openRaw(id, path) {
      const raw = await openRawFile(path)
      const size = Math.ceil(raw.size / SECTOR) * SECTOR
      add(id, size, createLayer(createLayer(undefined, raw)))
    },

    snapshot(id, snapshotId) {
      const disk = find(id)
      add(snapshotId, disk.size, freeze(disk, layerOf(id)), true)
      cbt.snapshot(id, snapshotId)
    },

    clone(id, cloneId) {
      const disk = find(id)
      add(cloneId, disk.size, createLayer(freeze(disk, layerOf(id))))
    },

    has: id => disks.has(id),
    size: id => find(id).size,

    resize(id, size) {
      const disk = find(id)
      if (disk.readOnly) throw new BackendError('VDI_READONLY', [id])
      if (size < disk.size) throw smFailure(79, 'VDI Invalid size', 'shrinking not allowed')
      disk.size = size
      cbt.resize(id, size)
    },

    async read(id, offset, length, into) {
      assertInside(find(id), offset, length)
      return readLayer(layerOf(id), slab, offset, length, into)
    },

    async write(id, offset, data) {
      const disk = find(id)
      if (disk.readOnly) throw new BackendError('VDI_READONLY', [id])
      assertInside(disk, offset, data.length)
      if (data.length === 0) return
      const done = disk.lastWrite.then(() => writeNow(id, disk, offset, data))
      disk.lastWrite = done.catch(() => {})
      await done
    },

    allocatedBlocks: async id => {
      const { size } = find(id)
      const blocks = await allocatedIn(layerOf(id))
      return blocks.filter(block => block * VHD_BLOCK < size)
    },
    differingBlocks: async (baseId, id) => {
      const { size } = find(id)
      const blocks = await allocatedInOne(layerOf(baseId), layerOf(id))
      return blocks.filter(block => block * VHD_BLOCK < size)
    },

    enableCbt: id => cbt.enable(id, find(id).size),
    disableCbt: id => cbt.disable(id),
    cbtEnabled: id => cbt.enabled(id),
    changedBlocks: (fromId, toId) => cbt.changed(fromId, toId),
    markCbtInconsistent: id => cbt.markInconsistent(id),
    cbtConsistent: id => cbt.consistent(id),

    dataDestroy(id) {
      if (!cbt.enabled(id)) throw new BackendError('VDI_NO_CBT_METADATA', [id])
      letGo(find(id))
    },

    destroy(id) {
      letGo(find(id))
      disks.delete(id)
      cbt.remove(id)
    },

    physicalUtilisation(id) {
      const { layer, size } = find(id)
      if (!layer) return Math.ceil(cbt.bytes(id) / SECTOR) * SECTOR
      const header = 2048 + Math.ceil((size / VHD_BLOCK) * 4) + SECTOR
      const { raw } = layer.parent ?? layer
      return header + ownBlocks(layer) * (VHD_BLOCK + SECTOR) + (raw?.allocatedBytes ?? 0)
    },

    usedSlots: () => slab.used,

    async close() {
      await Promise.all([...disks.values()].map(disk => disk.lastWrite))
      for (const id of [...disks.keys()]) {
        letGo(find(id))
        disks.delete(id)
      }
      slab.close()
    },
  }
}

/** Completes the first and last 64 KiB block of a write with what the disk holds now. */
async function padToBlocks(layer: Layer, slab: Slab, offset: number, data: Buffer) {
  const start = Math.floor(offset / CBT_BLOCK) * CBT_BLOCK
  const end = offset + data.length
  const roundedEnd = Math.ceil(end / CBT_BLOCK) * CBT_BLOCK
  const before =
    start < offset ? await readLayer(layer, slab, start, offset - start) : Buffer.alloc(0)
  const after =
    end < roundedEnd ? await readLayer(layer, slab, end, roundedEnd - end) : Buffer.alloc(0)
  return before.length + after.length === 0 ? data : Buffer.concat([before, data, after])
}

function assertInside(disk: Disk, offset: number, length: number): void {
  const inside = offset >= 0 && length >= 0 && offset + length <= disk.size
  if (!inside) throw new BackendError('VDI_IO_ERROR', ['Device I/O errors'])
}

const missing = (id: string) => new BackendError('VDI_MISSING', ['', id])
