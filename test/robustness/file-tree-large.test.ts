import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { captureTree } from '#file-tree/capture/capture-tree.ts'
import type { FileSystem, Status } from '#file-tree/file-system.ts'
import { captureHere } from '#test/support/file-tree/capture-here.ts'
import { captureWorld } from '#test/support/file-tree/capture-world.ts'
import { spiedSystem } from '#test/support/file-tree/spied-system.ts'

test('a hundred thousand names in one folder come in order', async () => {
  const root = mkdtempSync(join(tmpdir(), 'xenkeep-tree-'))
  mkdirSync(join(root, 'many'))
  const { real } = await spiedSystem()
  const top = real.openRoot(root)
  const folder = real.openDirectory(top, 'many')
  real.close(real.createFile(folder, 'first', 0o600))
  for (let n = 0; n < 100_000; n++) real.makeSymlink('x', folder, `${(n * 7919) % 100_000}`)
  for (const handle of [folder, top]) real.close(handle)
  const world = await captureWorld()
  const { entries, report } = await world.capture({ root })
  expect(report.symlinks).toBe(100_000)
  const names = [...entries.keys()].slice(2)
  expect(names.toSorted().join('\n') === names.join('\n')).toBe(true)
  rmSync(root, { recursive: true })
})

/** Folders of a thousand empty files each, that exist nowhere. */
const imagined = (folders: number, seen: (files: number) => void): FileSystem => {
  const names = Array.from({ length: 1000 }, (_, n) => `file-${n}`)
  let files = 0
  const status = (type: 'file' | 'dir', inode: number): Status => ({
    type,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: 0,
    allocated: 0,
    mtime: 1n,
    ctime: 1n,
    inode: BigInt(inode),
    device: 1n,
    nlink: 1,
    rdev: [0, 0],
  })
  const none = { kept: [], lost: [] }
  const calls: Partial<FileSystem> = {
    lacks: new Set(),
    openRoot: () => 1,
    openDirectory: () => 2,
    openFile: () => 3,
    close: () => {},
    list: at => (at === 1 ? Array.from({ length: folders }, (_, n) => `folder-${n}`) : [...names]),
    status: at => {
      files += 1
      seen(files)
      return status(at === 1 ? 'dir' : 'file', files)
    },
    statusOf: at => status(at === 3 ? 'file' : 'dir', 1),
    kindOf: () => 0,
    xattrsOf: () => none,
    xattrs: () => none,
  }
  return calls as FileSystem
}

test('memory does not grow with the number of entries', async () => {
  // What is alive, since what the collector leaves for later says nothing.
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const alive: number[] = []
  const system = imagined(250, files => {
    if (files % 50_000 > 0) return
    collect()
    alive.push(process.memoryUsage().heapUsed / 1024 / 1024)
  })
  const world = await captureWorld()
  const count = { bytes: 0 }
  const forgetful = {
    stream: async () => ({
      position: 0,
      write: async (bytes: Uint8Array) => {
        count.bytes += bytes.length
      },
      cut: async () => {},
      keep: async () => false,
      finish: async () => ({ size: 0, rootHash: '' }),
    }),
  }
  const start = captureHere({ system })
  const from = {
    point: forgetful,
    repository: world.repository,
    name: 'tree',
    options: { root: '/' },
  }
  const report = await captureTree({ ...from, start })
  expect(report.files).toBe(250_000)
  expect(count.bytes).toBeGreaterThan(250_000 * 20)
  const [first = 0] = alive
  expect(Math.max(...alive) - first).toBeLessThan(10)
})
