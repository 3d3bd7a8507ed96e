import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { portableFileSystem } from '#file-tree/portable.ts'
import { captureWorld } from '#test/support/file-tree/capture-world.ts'
import { spiedSystem } from '#test/support/file-tree/spied-system.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'xenkeep-tree-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

test('paths of any length are walked with few folders open', async () => {
  const { system, real } = await spiedSystem()
  const name = 'n'.repeat(50)
  const above = [real.openRoot(root)]
  for (let depth = 0; depth < 120; depth++) {
    const at = above.at(-1) as number
    real.makeDirectory(at, name, 0o700)
    real.makeDirectory(at, 'z', 0o700)
    above.push(real.openDirectory(at, name))
  }
  const deepest = above.at(-1) as number
  const file = real.createFile(deepest, 'file', 0o600)
  real.write(file, Buffer.from('deep down'), 0)
  for (const handle of [file, ...above]) real.close(handle)
  const opened = new Set<number>()
  let most = 0
  const watched = Object.assign(Object.create(system), {
    openDirectory: (at: number, folder: string) => {
      const handle = system.openDirectory(at, folder)
      opened.add(handle)
      most = Math.max(most, opened.size)
      return handle
    },
    close: (handle: number) => {
      opened.delete(handle)
      system.close(handle)
    },
  })
  const { entries, contentOf } = await (await captureWorld()).capture({ root }, { system: watched })
  const path = [...Array.from({ length: 120 }, () => name), 'file'].join('/')
  expect(path.length).toBeGreaterThan(4096)
  expect((await contentOf(path)).toString()).toBe('deep down')
  expect([...entries.keys()].filter(each => each.endsWith('/z'))).toHaveLength(119)
  expect(most).toBeLessThan(70)
  expect(opened.size).toBe(0)
})

test('excludes, includes and a limit of size leave out what they name, and count it', async () => {
  for (const folder of ['etc', 'etc/ssl', 'var', 'var/cache']) mkdirSync(join(root, folder))
  for (const file of ['etc/hosts', 'etc/ssl/key', 'var/cache/junk', 'var/log'])
    writeFileSync(join(root, file), file)
  writeFileSync(join(root, 'var/huge'), Buffer.alloc(10_000))
  const paths = async (options: object) => {
    const { entries, report } = await (await captureWorld()).capture({ root, ...options })
    return { paths: [...entries.keys()], report }
  }
  const excluded = await paths({ exclude: ['cache/', '*.key', '/etc/hosts'], maxFileSize: 9999 })
  expect(excluded.paths).toEqual(['', 'etc', 'etc/ssl', 'etc/ssl/key', 'var', 'var/log'])
  expect(excluded.report.excluded).toBe(2)
  expect(excluded.report.tooLarge.first).toEqual([
    { path: 'var/huge', reason: 'it has 10,000 bytes, more than the limit, and was left out' },
  ])
  const included = await paths({ include: ['/etc/ssl', 'log'] })
  expect(included.paths).toEqual([
    '',
    'etc',
    'etc/ssl',
    'etc/ssl/key',
    'var',
    'var/cache',
    'var/log',
  ])
})

test('without the calls of Linux a tree is captured all the same, and what is missing is told', async () => {
  mkdirSync(join(root, 'folder'))
  writeFileSync(join(root, 'folder/file'), 'content')
  const system = portableFileSystem()
  const world = await captureWorld()
  const { contentOf, report } = await world.capture({ root }, { system })
  expect((await contentOf('folder/file')).toString()).toBe('content')
  expect(report.lacking).toEqual(['xattrs', 'holes', 'devices', 'nanoseconds'])
  expect((await world.capture({ root }, { system })).report.kept.files).toBe(1)
})
