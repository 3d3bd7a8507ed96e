import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { createDiskStore } from '#sim/disks/disk-store.ts'

// The store is compared with a naive model: every disk is one buffer, every chain a plain list that is never coalesced,
// every CBT era a list of "what changed since the state before". Sizes are small but cross both granularities.

const KIB = 1024
const CBT = 64 * KIB
const VHD = 2048 * KIB
const BASE_SIZE = 2 * VHD + 3 * CBT + 512

interface Node {
  blocks: Set<number>
}
interface ModelDisk {
  bytes: Buffer
  readOnly: boolean
  chain: Node[]
  cbt: CbtState | undefined
}
/** One state in an era: the 64 KiB blocks changed since its parent; states form a path from old to new. */
interface CbtState {
  era: CbtState[]
  changed: Set<number>
}

const folder = mkdtempSync(join(tmpdir(), 'disk-store-'))
afterAll(() => rmSync(folder, { recursive: true }))
const rawPath = join(folder, 'base.raw')
const rawBytes = Buffer.alloc(BASE_SIZE - 100)
rawBytes.fill(7, VHD + 10, VHD + 5000)
rawBytes.fill(9, BASE_SIZE - 400, BASE_SIZE - 100)
writeFileSync(rawPath, rawBytes)

// Half of the actions hit the first disk, so that long chains of one disk grow.
const pick = fc.oneof(fc.constant(0), fc.nat({ max: 1000 }))
const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('write' as const),
      pick,
      at: fc.nat(),
      length: fc.integer({ min: 1, max: 300 * KIB }),
      fill: fc.nat({ max: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('snapshot' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('clone' as const), pick }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('destroy' as const), pick }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('grow' as const),
      pick,
      by: fc.integer({ min: 1, max: 9 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('enableCbt' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('disableCbt' as const), pick }) },
)

test('any history of writes, snapshots, clones and deletions reads back as a naive model says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 40, size: 'max' }), async actions => {
      const store = createDiskStore(folder)
      const model = new Map<string, ModelDisk>()
      const rawNode = { blocks: new Set([1, 2]) }
      const bytes = Buffer.alloc(BASE_SIZE)
      rawBytes.copy(bytes)
      await store.openRaw('raw', rawPath)
      model.set('raw', {
        bytes,
        readOnly: false,
        chain: [rawNode, { blocks: new Set() }],
        cbt: undefined,
      })
      store.createEmpty('empty', VHD)
      model.set('empty', {
        bytes: Buffer.alloc(VHD),
        readOnly: false,
        chain: [{ blocks: new Set() }],
        cbt: undefined,
      })
      for (const [id, disk] of model) {
        store.enableCbt(id)
        disk.cbt = { era: [], changed: new Set() }
        disk.cbt.era.push(disk.cbt)
      }
      let made = 0
      try {
        for (const step of actions) {
          const ids = [...model.keys()]
          const id = ids[step.pick % ids.length]
          if (id === undefined) break
          const disk = model.get(id) as ModelDisk
          const newId = `d${made++}`
          switch (step.type) {
            case 'write': {
              if (disk.readOnly) {
                await expect(store.write(id, 0, Buffer.alloc(1))).rejects.toMatchObject({
                  code: 'VDI_READONLY',
                })
                break
              }
              const at = step.at % disk.bytes.length
              const data = Buffer.alloc(Math.min(step.length, disk.bytes.length - at), step.fill)
              await store.write(id, at, data)
              data.copy(disk.bytes, at)
              const top = disk.chain.at(-1) as Node
              for (let block = Math.floor(at / CBT); block * CBT < at + data.length; block++) {
                top.blocks.add(Math.floor((block * CBT) / VHD))
                disk.cbt?.changed.add(block)
              }
              break
            }
            case 'snapshot': {
              store.snapshot(id, newId)
              const copy = Buffer.from(disk.bytes)
              model.set(newId, {
                bytes: copy,
                readOnly: true,
                chain: [...disk.chain],
                cbt: undefined,
              })
              if (!disk.readOnly) disk.chain = [...disk.chain, { blocks: new Set() }]
              if (disk.cbt) {
                const taken = { era: disk.cbt.era, changed: disk.cbt.changed }
                const { era } = disk.cbt
                disk.cbt.changed = new Set()
                era.splice(era.indexOf(disk.cbt), 0, taken)
                ;(model.get(newId) as ModelDisk).cbt = taken
              }
              break
            }
            case 'clone':
              store.clone(id, newId)
              model.set(newId, {
                bytes: Buffer.from(disk.bytes),
                readOnly: false,
                chain: [...disk.chain, { blocks: new Set() }],
                cbt: undefined,
              })
              if (!disk.readOnly) disk.chain = [...disk.chain, { blocks: new Set() }]
              break
            case 'destroy': {
              store.destroy(id)
              model.delete(id)
              if (!disk.cbt) break
              const { era } = disk.cbt
              const place = era.indexOf(disk.cbt)
              for (const block of disk.cbt.changed) era[place + 1]?.changed.add(block)
              era.splice(place, 1)
              break
            }
            case 'grow': {
              const size = disk.bytes.length + step.by * 48 * KIB
              if (disk.readOnly) {
                expect(() => store.resize(id, size)).toThrow(
                  expect.objectContaining({ code: 'VDI_READONLY' }),
                )
                break
              }
              store.resize(id, size)
              disk.bytes = Buffer.concat([disk.bytes], size)
              break
            }
            case 'enableCbt':
              store.enableCbt(id)
              if (disk.cbt) break
              disk.cbt = { era: [], changed: new Set() }
              disk.cbt.era.push(disk.cbt)
              break
            case 'disableCbt': {
              store.disableCbt(id)
              if (!disk.cbt) break
              const { era } = disk.cbt
              const after = era.splice(era.indexOf(disk.cbt))
              after.shift()
              for (const state of after) state.era = after
              disk.cbt = undefined
            }
          }
        }
        await compare(store, model)
        for (const id of model.keys()) store.destroy(id)
        expect(store.usedSlots()).toBe(0)
      } finally {
        await store.close()
      }
    }),
    { numRuns: 60 },
  )
}, 60_000)

async function compare(store: ReturnType<typeof createDiskStore>, model: Map<string, ModelDisk>) {
  for (const [id, disk] of model) {
    expect(store.size(id)).toBe(disk.bytes.length)
    expect(
      (await store.read(id, 0, disk.bytes.length)).equals(disk.bytes),
      `content of ${id}`,
    ).toBe(true)
    expect(await store.allocatedBlocks(id)).toEqual(sorted(disk.chain))
    expect(store.cbtEnabled(id)).toBe(disk.cbt !== undefined)
    for (const [otherId, other] of model) {
      const inOne = [...disk.chain, ...other.chain].filter(
        node => disk.chain.includes(node) !== other.chain.includes(node),
      )
      expect(await store.differingBlocks(otherId, id)).toEqual(
        sorted(inOne).filter(block => block * VHD < disk.bytes.length),
      )
      const changed = changedInModel(other, disk)
      if (changed) expect(store.changedBlocks(otherId, id).toString('hex')).toBe(changed)
      else
        expect(() => store.changedBlocks(otherId, id)).toThrow(
          expect.objectContaining({ code: 'SR_BACKEND_FAILURE_460' }),
        )
    }
  }
}

const sorted = (nodes: Node[]) =>
  [...new Set(nodes.flatMap(node => [...node.blocks]))].sort((a, b) => a - b)

function changedInModel(from: ModelDisk, to: ModelDisk): string | undefined {
  if (!from.cbt || !to.cbt || from.cbt.era !== to.cbt.era) return undefined
  const { era } = to.cbt
  const [start, end] = [era.indexOf(from.cbt), era.indexOf(to.cbt)]
  if (start >= end) return undefined
  const changed = new Set(era.slice(start + 1, end + 1).flatMap(state => [...state.changed]))
  const bits = Array.from(
    { length: Math.ceil(Math.ceil(to.bytes.length / CBT) / 8) * 8 },
    (_, i) => (changed.has(i) ? '1' : '0'),
  ).join('')
  return Array.from({ length: bits.length / 8 }, (_, i) =>
    Number.parseInt(bits.slice(i * 8, i * 8 + 8), 2)
      .toString(16)
      .padStart(2, '0'),
  ).join('')
}
