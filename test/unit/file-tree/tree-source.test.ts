import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assertPaths, listTree } from '#file-tree/list-tree.ts'
import { treeSource } from '#file-tree/tree-source.ts'
import { listing, sums } from '#test/support/file-tree/listing.ts'
import { restoreHere } from '#test/support/file-tree/restore-here.ts'
import { storedTree } from '#test/support/file-tree/stored-tree.ts'
import { treeOfFolder } from '#test/support/file-tree/tree-of-folder.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'
import { bytesOf, flipBit, keysOf } from '#test/support/repository/tamper.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'xenkeep-stored-'))
  mkdirSync(join(folder, 'source', 'etc', 'network'), { recursive: true })
  for (const [n, name] of ['etc/hosts', 'etc/network/interfaces', 'motd', 'large'].entries())
    writeFileSync(
      join(folder, 'source', name),
      seededRandom(n).bytes(name === 'large' ? 1_500_000 : 5000),
    )
})
afterAll(() => rmSync(folder, { recursive: true }))

const stored = async () => {
  const tree = await treeOfFolder(join(folder, 'source'))
  const made = await storedTree(tree)
  const source = treeSource(made.repository, made.point, undefined, undefined)
  return { ...made, source }
}

/** Where the first record of more than 64 KiB begins: only the large file has such. Threads are done with records in any order (docs/repository-format.md, section 6). */
const largeRecord = (pack: Uint8Array): number => {
  const view = new DataView(pack.buffer, pack.byteOffset, pack.byteLength)
  let at = 64
  while (view.getUint32(at + 28, true) < 65_536) at += 56 + view.getUint32(at + 32, true)
  return at
}

describe('a tree in a repository', () => {
  test('comes back, in a repository that was opened anew', async () => {
    const { point, repository, reopen } = await stored()
    await repository.close()
    const again = await reopen()
    const source = treeSource(again, point, 'files', undefined)
    expect(source.size).toBe(1_515_000)
    const target = join(folder, 'target')
    expect(await restoreHere(source, target)).toMatchObject({ files: 4, failed: [], leftOut: [] })
    expect(sums(target)).toEqual(sums(join(folder, 'source')))
    expect(listing(target)).toEqual(listing(join(folder, 'source')))
    await again.close()
  })

  test('with a turned bit in one file: the others come back', async () => {
    const { store, source, repository } = await stored()
    const [pack = ''] = keysOf(store, 'packs/')
    flipBit(store, pack, largeRecord(bytesOf(store, pack)) + 6500)
    const target = join(folder, 'damaged')
    const { failed, files } = await restoreHere(source, target)
    expect(failed).toMatchObject([{ path: 'large', code: 'OBJECT_DAMAGED', damaged: true }])
    expect(files).toBe(3)
    await repository.close()
  })

  test('is listed, in parts too', async () => {
    const { source, repository } = await stored()
    const paths = async (request: Parameters<typeof listTree>[1]) =>
      (await Array.fromAsync(listTree(source, request))).flat().map(({ path }) => path)
    expect(await paths({})).toHaveLength(7)
    expect(await paths({ paths: ['etc/network'] })).toEqual([
      'etc/network',
      'etc/network/interfaces',
    ])
    expect(await paths({ patterns: ['h*s'] })).toEqual(['etc/hosts'])
    await repository.close()
  })

  test('a path that it does not have: what was perhaps meant', async () => {
    const { source, repository } = await stored()
    await assertPaths(source, ['etc/hosts', '/', 'motd'])
    const refusal = (path: string) => assertPaths(source, ['motd', path]).then(String, String)
    expect(await refusal('etc/host')).toContain('has no "etc/host". Did you mean "hosts"?')
    expect(await refusal('etc/netwrok/interfaces')).toContain('Did you mean "network"?')
    expect(await refusal('etcc/hosts')).toContain('Did you mean "etc"?')
    expect(await refusal('ETC/hosts')).toContain('Did you mean "etc"?')
    expect(await refusal('utterly/else')).not.toContain('mean')
    await expect(assertPaths(source, ['x'])).rejects.toMatchObject({ code: 'TREE_PATH_NOT_FOUND' })
    await repository.close()
  })

  test('a tree that the point does not have', async () => {
    const { point, repository } = await stored()
    expect(() => treeSource(repository, point, 'fiels', undefined)).toThrow(
      expect.objectContaining({
        code: 'TREE_NOT_FOUND',
        advice: 'Name one of these: "files".',
      }),
    )
    await repository.close()
  })
})
