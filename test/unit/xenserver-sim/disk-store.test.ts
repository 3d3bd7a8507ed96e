import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createDiskStore, type DiskStore } from '#sim/disks/disk-store.ts'

const CBT = 64 * 1024
const VHD = 2 * 1024 * 1024

let folder: string
let store: DiskStore

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'disk-store-'))
  store = createDiskStore(folder)
})
afterEach(async () => {
  await store.close()
  expect(readdirSync(folder).filter(name => name.endsWith('.slab'))).toEqual([])
  rmSync(folder, { recursive: true })
})

const touch = (id: string, block: number) => store.write(id, block * CBT + 5, Buffer.from('x'))
const code = (expected: string) => expect.objectContaining({ code: expected })

describe('a raw file as the bottom of a disk', () => {
  test('is served without being changed, and only its data counts as allocated', async () => {
    const path = join(folder, 'disk.raw')
    writeFileSync(path, 'boot')
    truncateSync(path, 3 * VHD + 100)
    await store.openRaw('vdi', path)
    await store.write('vdi', 2, Buffer.from('XX'))
    expect(store.size('vdi')).toBe(3 * VHD + 512)
    expect((await store.read('vdi', 0, 4)).toString()).toBe('boXX')
    expect(await store.allocatedBlocks('vdi')).toEqual([0])
    store.createEmpty('other', VHD)
    expect((await store.read('vdi', 3 * VHD + 100, 412)).every(byte => byte === 0)).toBe(true)
  })

  test('beyond its end and beyond the disk, reads are refused', async () => {
    store.createEmpty('vdi', 1024)
    await expect(store.read('vdi', 1000, 25)).rejects.toMatchObject({ code: 'VDI_IO_ERROR' })
    await expect(store.write('vdi', 1024, Buffer.alloc(1))).rejects.toMatchObject({
      code: 'VDI_IO_ERROR',
    })
  })
})

describe('changed blocks', () => {
  beforeEach(async () => {
    store.createEmpty('live', 20 * CBT)
    store.enableCbt('live')
    store.snapshot('live', 's1')
    await touch('live', 0)
    store.snapshot('live', 's2')
    await touch('live', 9)
    store.snapshot('live', 's3')
  })

  test('are bits, most significant first', () => {
    expect(store.changedBlocks('s1', 's2').toString('hex')).toBe('800000')
    expect(store.changedBlocks('s2', 's3').toString('hex')).toBe('004000')
    expect(store.changedBlocks('s1', 'live').toString('hex')).toBe('804000')
  })

  test('survive the deletion of a snapshot in the middle', () => {
    store.destroy('s2')
    expect(store.changedBlocks('s1', 's3').toString('hex')).toBe('804000')
  })

  test('can be asked from a snapshot whose data is destroyed', async () => {
    store.dataDestroy('s1')
    expect(store.changedBlocks('s1', 's3').toString('hex')).toBe('804000')
    expect(store.size('s1')).toBe(20 * CBT)
    await expect(store.read('s1', 0, 1)).rejects.toMatchObject({ code: 'VDI_INCOMPATIBLE_TYPE' })
    expect(store.physicalUtilisation('s1')).toBe(512)
  })

  test('cover the size of the later disk', async () => {
    store.resize('live', 40 * CBT)
    await touch('live', 39)
    expect(store.changedBlocks('s3', 'live').toString('hex')).toBe('0000000001')
  })

  test.each([
    ['the same disk', 's2', 's2'],
    ['the wrong order', 's2', 's1'],
  ])('are refused for %s', (_, from, to) => {
    expect(() => store.changedBlocks(from, to)).toThrow(code('SR_BACKEND_FAILURE_460'))
  })

  test('are refused across the end of an era', () => {
    store.disableCbt('live')
    store.enableCbt('live')
    store.snapshot('live', 's4')
    expect(() => store.changedBlocks('s3', 's4')).toThrow(code('SR_BACKEND_FAILURE_460'))
    expect(store.changedBlocks('s1', 's3').length).toBe(3)
  })

  test('are refused for a clone, which has no era', () => {
    store.clone('s3', 'clone')
    expect(store.cbtEnabled('clone')).toBe(false)
    expect(() => store.changedBlocks('s1', 'clone')).toThrow(code('SR_BACKEND_FAILURE_460'))
  })

  test('are refused with 459 once the log is inconsistent', () => {
    store.markCbtInconsistent('live')
    store.snapshot('live', 's4')
    expect(() => store.changedBlocks('s3', 's4')).toThrow(code('SR_BACKEND_FAILURE_459'))
    expect(store.changedBlocks('s1', 's3').length).toBe(3)
  })

  test('need metadata: without CBT there is nothing to keep of a disk', () => {
    store.createEmpty('plain', CBT)
    expect(() => store.dataDestroy('plain')).toThrow(code('VDI_NO_CBT_METADATA'))
  })
})

describe('while others work', () => {
  test('a snapshot taken during writes holds each write whole or not at all, and never changes', async () => {
    store.createEmpty('live', 4 * VHD)
    const writes: Promise<void>[] = []
    for (let i = 1; i <= 8; i++) {
      writes.push(store.write('live', 100, Buffer.alloc(VHD, i)))
      store.snapshot('live', `s${i}`)
    }
    const during = await Promise.all([1, 4, 8].map(i => store.read(`s${i}`, 0, 4 * VHD)))
    await Promise.all(writes)
    const after = await Promise.all([1, 4, 8].map(i => store.read(`s${i}`, 0, 4 * VHD)))
    for (const [i, bytes] of after.entries()) {
      expect(bytes.equals(during[i] as Buffer)).toBe(true)
      expect(new Set(bytes.subarray(100, 100 + VHD)).size).toBe(1)
    }
    expect((await store.read('live', 100, VHD)).equals(Buffer.alloc(VHD, 8))).toBe(true)
  })

  test('a read keeps its data though the disk is destroyed and its room used again', async () => {
    store.createEmpty('old', VHD)
    store.createEmpty('new', VHD)
    // From the back, so that the read has to gather 32 places one after the other.
    for (let block = 31; block >= 0; block--) {
      await store.write('old', block * CBT, Buffer.alloc(CBT, 1))
    }
    const read = store.read('old', 0, VHD)
    store.destroy('old')
    await store.write('new', 0, Buffer.alloc(VHD, 2))
    expect(new Set(await read)).toEqual(new Set([1]))
  })

  test('writes to parts of one block at the same time all arrive', async () => {
    store.createEmpty('live', CBT)
    const parts = Array.from({ length: 16 }, (_, i) => i * 4096)
    await Promise.all(parts.map(at => store.write('live', at, Buffer.alloc(4096, 1 + at / 4096))))
    const bytes = await store.read('live', 0, CBT)
    expect(parts.map(at => bytes[at + 4095])).toEqual(parts.map(at => 1 + at / 4096))
  })

  test('a write to a disk that is destroyed meanwhile fails and takes no room', async () => {
    store.createEmpty('vdi', VHD)
    const write = store.write('vdi', 0, Buffer.alloc(CBT, 1))
    store.destroy('vdi')
    await expect(write).rejects.toMatchObject({ code: 'VDI_MISSING' })
  })
})
