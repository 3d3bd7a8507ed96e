import { describe, expect, test } from 'vitest'
import { FOOTER_SIZE } from '#repository/format/footer.ts'
import { readAll, VM } from '#test/support/repository/open.ts'
import { bytesOf, flipBit, keysOf } from '#test/support/repository/tamper.ts'
import { startOf, twoVms, wholeDisk } from '#test/support/repository/two-vms.ts'

const { original, points, images, metaPack, damaged, strikes, expectOtherWhole } = await twoVms()

describe('a flipped bit in', () => {
  test.each([
    ['the page', startOf(0) + 100],
    ['the root', -200],
  ])('%s of a map: the whole disk', async (_, at) => {
    const repository = await damaged(store => {
      // The root is the last record, before a trailer of 12 + 64 + 2 * 52 bytes, its tag and the footer.
      const end = bytesOf(store, metaPack).length - FOOTER_SIZE - 16 - 180
      flipBit(store, metaPack, at > 0 ? at : end - 20)
    })
    const { findings } = await repository.check({ level: 1, sample: 0 })
    expect(findings).toMatchObject([
      { code: 'OBJECT_DAMAGED', object: metaPack, affected: [strikes(wholeDisk)] },
    ])
    await expect(readAll(repository.readDisk(points.vm, 'a'))).rejects.toMatchObject({
      code: 'OBJECT_DAMAGED',
      object: metaPack,
      place: { vmUuid: VM, diskId: 'a' },
    })
    await expectOtherWhole(repository)
  })

  test('any byte of a commit record names that record', async () => {
    const { key } = points.vm
    for (let at = 0; at < bytesOf(original, key).length; at += 7) {
      const repository = await damaged(store => flipBit(store, key, at, at % 8))
      await expect(repository.latestPoint(VM)).rejects.toMatchObject({
        code: 'OBJECT_DAMAGED',
        object: key,
      })
      await repository.close()
    }
    const repository = await damaged(store => flipBit(store, key, 60))
    const { findings } = await repository.check({ level: 0 })
    expect(findings).toMatchObject([{ code: 'OBJECT_DAMAGED', object: key }])
  })

  test.each(['index/', 'intents/', 'keys/00000002'])(
    'an object below %s is found and harms no point',
    async prefix => {
      const [key] = keysOf(original, prefix)
      const repository = await damaged(store => flipBit(store, key as string, 70))
      const { findings } = await repository.check({ level: 1, sample: 0 })
      expect(findings).toMatchObject([{ code: 'OBJECT_DAMAGED', object: key, affected: [] }])
      expect((await readAll(repository.readDisk(points.vm, 'a'))).equals(images.vm)).toBe(true)
    },
  )
})
