import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import type { Point } from '#repository/point.ts'
import { emptyStore, newRepository, OTHER_VM, readAll, VM } from '#test/support/repository/open.ts'
import { frozenClock } from '#test/support/repository/seeded.ts'
import { copyOf, removeAll } from '#test/support/repository/tamper.ts'

const CHUNK = 64 * 1024
const CHUNKS = 12

/**
 * Motivation: an increment drops packs by counting, not by walking the map; a mistake there would make a point that a
 * collector later takes the ground away from.
 *
 * Steps: two agents with tables of their own back up two VMs by increments with random writes (contents from a small set, so
 * that dedup, duplicates in several packs and chunks that come back all happen), sometimes at the same time, sometimes after the
 * loss of a table. Then every point is read in a store that holds nothing but its own packs.
 *
 * Pass: every disk of every point comes back byte for byte, and the check finds nothing.
 */
test('every point of a random history is complete in its own pack set', async () => {
  const write = fc.tuple(fc.nat(CHUNKS - 1), fc.nat(9))
  const step = fc.record({
    agent: fc.nat(1),
    vm: fc.nat(1),
    writes: fc.array(write, { maxLength: 6 }),
    fresh: fc.boolean(),
    lostTable: fc.boolean(),
    together: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 2 ** 30 }),
      fc.array(step, { minLength: 2, maxLength: 8 }),
      async (seed, steps) => {
        const store = emptyStore()
        const tuning = { packTarget: 3 * CHUNK, segment: 4 * CHUNK }
        const { repository, random, jobId, reopen } = await newRepository(store, { seed, tuning })
        const contents = Array.from({ length: 10 }, (_, i) =>
          i === 0 ? Buffer.alloc(CHUNK) : Buffer.from(random.bytes(CHUNK)),
        )
        const agents = [repository, await reopen({ tuning })]
        const vms = [VM, OTHER_VM].map(uuid => ({
          uuid,
          image: Buffer.alloc(CHUNKS * CHUNK),
          base: undefined as Point | undefined,
        }))
        const expected: { point: Point; image: Buffer }[] = []

        const run = async ({
          agent,
          vm: vmNumber,
          writes,
          fresh,
          lostTable,
        }: (typeof steps)[0]) => {
          const vm = vms[vmNumber] as (typeof vms)[0]
          const engine = lostTable ? await reopen({ tuning }) : agents[agent]
          if (!engine) throw new Error('no agent')
          const base = fresh ? undefined : vm.base
          const writer = await engine.beginPoint({ jobId: jobId(), vmUuid: vm.uuid, base })
          const disk = await writer.disk({
            diskId: 'a',
            size: vm.image.length,
            chunkSize: CHUNK,
            keep: base !== undefined,
          })
          const changed = new Map(writes)
          for (const [chunk, content] of changed)
            vm.image.set(contents[content] as Buffer, chunk * CHUNK)
          const dirty = base ? [...changed.keys()] : Array.from({ length: CHUNKS }, (_, i) => i)
          for (const chunk of dirty)
            await disk.write(
              chunk * CHUNK,
              Buffer.from(vm.image.subarray(chunk * CHUNK, (chunk + 1) * CHUNK)),
            )
          await disk.finish()
          vm.base = await writer.commit({})
          expected.push({ point: vm.base, image: Buffer.from(vm.image) })
        }
        for (let i = 0; i < steps.length; i++) {
          const [one, two] = [steps[i], steps[i + 1]] as [
            (typeof steps)[0],
            (typeof steps)[0] | undefined,
          ]
          if (one.together && two && two.vm !== one.vm) {
            await Promise.all([run(one), run(two)])
            i++
          } else await run(one)
        }

        for (const { point, image } of expected) {
          const own = copyOf(store, memoryObjectStore({ clock: frozenClock() }))
          removeAll(own, 'index/')
          for (const key of [...own.objects.keys()])
            if (/^(packs|meta)\//.test(key) && !point.packs.has(key.slice(-26)))
              own.objects.delete(key)
          const reader = await reopen({ store: own, tuning })
          const read = await reader.readPoint(point)
          expect((await readAll(reader.readDisk(read, 'a'))).equals(image)).toBe(true)
          await reader.close()
        }
        expect((await repository.check({ level: 2 })).findings).toEqual([])
      },
    ),
    { numRuns: 25 },
  )
})
