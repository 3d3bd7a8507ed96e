import { createReadStream } from 'node:fs'
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { compareWithFile } from '#cli/demo/compare.ts'
import { databaseTables, noise, tellTale, workingDay } from '#cli/demo/guest-files.ts'
import { imageMaker } from '#cli/demo/images.ts'
import { diskUsage, searchFiles } from '#cli/demo/search.ts'

const MiB = 1024 * 1024
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xenkeep-demo-test-'))
})
afterEach(() => rm(folder, { recursive: true }))
const file = (name: string) => join(folder, name)

test('one byte of difference is found, wherever it is', async () => {
  const content = Buffer.concat([noise('a', 2 * MiB + 700_000), Buffer.alloc(MiB)])
  await writeFile(file('guest'), content)
  const compare = (bytes: Buffer) => {
    const chunks = [bytes.subarray(0, 5), bytes.subarray(5, 1_500_000), bytes.subarray(1_500_000)]
    return compareWithFile(
      (async function* () {
        yield* chunks
      })(),
      file('guest'),
      file('kept'),
    )
  }
  await expect(compare(content)).resolves.toMatchObject({
    bytes: content.length,
    firstDifference: undefined,
  })
  expect((await readFile(file('kept'))).equals(content)).toBe(true)
  for (const at of [0, 4, 5, MiB, 1_500_000, content.length - 1]) {
    const changed = Buffer.from(content)
    changed[at] = (changed[at] ?? 0) ^ 0x10
    expect((await compare(changed)).firstDifference).toBe(at)
  }
  expect((await compare(content.subarray(0, -9))).firstDifference).toBe(content.length - 9)
  expect((await compare(Buffer.concat([content, Buffer.alloc(3)]))).firstDifference).toBe(
    content.length,
  )
})

test('without e2fsprogs the disks are plain, recognisable, and said to be unchecked', async () => {
  const maker = imageMaker(folder, () => undefined)
  expect(maker.uncheckedBecause).toContain('not installed')
  expect(maker.check).toBeUndefined()
  await maker.make(file('before'), 64 * MiB, databaseTables())
  expect((await stat(file('before'))).size).toBe(64 * MiB)
  expect((await searchFiles(folder, tellTale())).found).toBe(file('before'))
  const done = await maker.change(file('before'), file('after'), {
    written: workingDay.written(),
    removed: workingDay.removed,
  })
  expect(done).toBe('2 stretches of the disk overwritten')
  const { firstDifference } = await compareWithFile(
    createReadStream(file('after')),
    file('before'),
    file('kept'),
  )
  expect(firstDifference).toBe(4 * MiB)
})

test('disk usage counts blocks, not holes', async () => {
  const sparse = await open(file('sparse'), 'w')
  await sparse.truncate(100 * MiB)
  await sparse.close()
  await writeFile(file('full'), Buffer.alloc(MiB, 1))
  const used = await diskUsage(folder)
  expect(used).toBeGreaterThanOrEqual(MiB)
  expect(used).toBeLessThan(2 * MiB)
})
