import { randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { damageLargestPack } from '#test/support/damage-pack.ts'
import { PASSPHRASE, repoTool } from '#test/support/repo-tool.ts'

const MiB = 1024 * 1024
const disk = Buffer.alloc(5 * MiB + 4096)
disk.fill('text of a guest ', MiB, 2 * MiB + 7)
disk.fill(7, 4 * MiB)

const tool = repoTool()
const { path, run, json } = tool

beforeAll(async () => {
  tool.write('disk.raw', disk)
  expect((await run('init', '--recovery-kit-file', path('kit'))).exitCode).toBe(0)
  expect((await run('import-image', path('disk.raw'), '--name', 'disk')).exitCode).toBe(0)
})
afterAll(() => tool.remove())

const packs = async () => {
  const names = await readdir(path('repository/packs'), { recursive: true })
  return names
    .map(name => path(join('repository/packs', name)))
    .filter(file => statSync(file).isFile())
}
const problemOf = ({ stderr }: { stderr: string }) => stderr.split('\n').slice(0, 3)

describe('what goes wrong on the command line of a repository', () => {
  test('a wrong passphrase, a wrong key, a mistyped key, both at once', async () => {
    tool.write('wrong', 'another passphrase\n')
    const { XENKEEP_PASSPHRASE: _, ...env } = tool.host.env
    tool.host.env = env
    try {
      const refused = await run('points', '--passphrase-file', path('wrong'))
      expect(refused.exitCode).toBe(5)
      expect(refused.stderr).toContain('The passphrase does not open the repository')
      expect(refused.stderr).not.toContain('another passphrase')
      const kit = readFileSync(path('kit'), 'utf8')
      tool.write(
        'mistyped',
        kit.replace(/(?<=Recovery key\s+)(\S)/, c => (c === '7' ? '8' : '7')),
      )
      const mistyped = await run('points', '--recovery-key-file', path('mistyped'))
      expect([mistyped.exitCode, mistyped.stderr]).toEqual([
        5,
        expect.stringContaining('RECOVERY_KEY_MISTYPED'),
      ])
      const none = await run('points')
      expect([none.exitCode, none.stderr]).toEqual([
        5,
        expect.stringContaining('PASSPHRASE_MISSING'),
      ])
      const both = await run('points', '--passphrase-file', 'a', '--recovery-key-file', 'b')
      expect(both.exitCode).toBe(2)
      expect((await run('points', '--recovery-key-file', path('kit'))).exitCode).toBe(0)
    } finally {
      tool.host.env = { ...env, XENKEEP_PASSPHRASE: PASSPHRASE }
    }
  })

  test('a directory has no past, and what is no time is no time', async () => {
    const directory = await run('points', '--as-of', '2026-01-02T03:04:05Z')
    expect([directory.exitCode, directory.stderr]).toEqual([
      2,
      expect.stringContaining('STORE_WITHOUT_VERSIONS'),
    ])
    const nonsense = await run('info', '--as-of', 'yesterday')
    expect([nonsense.exitCode, problemOf(nonsense)[0]]).toEqual([
      2,
      'xenkeep: "yesterday" is no time.',
    ])
    expect(nonsense.stderr).toContain('2026-11-22T14:30:00Z')
    const writing = await run('rebuild', '--as-of', '2026-01-02T03:04:05Z')
    expect([writing.exitCode, writing.stderr]).toEqual([2, expect.stringContaining('--as-of')])
  })

  test('a second creation, and a place that holds something else', async () => {
    const again = await run('init')
    expect([again.exitCode, again.stderr]).toEqual([
      2,
      expect.stringContaining('REPOSITORY_EXISTS'),
    ])
    const kit = await run('init', '--recovery-kit-file', path('kit'))
    expect([kit.exitCode, kit.stderr]).toEqual([2, expect.stringContaining('is not overwritten')])
  })

  test.each([
    ['a file that is not there', 'nothing.raw', 'there is no such file'],
    ['an empty file', 'empty.raw', 'it is empty'],
    ['a directory', 'repository', 'it is not a regular file'],
  ])('an image that is %s', async (_, name, reason) => {
    tool.write('empty.raw', '')
    const ended = await run('import-image', path(name), '--name', 'x')
    expect([ended.exitCode, ended.stderr]).toEqual([2, expect.stringContaining(reason)])
    expect(ended.stderr).toContain('code: IMAGE_UNREADABLE')
  })

  test('changes of an image that was never imported, that shrank, or in other chunks', async () => {
    tool.write('none', Buffer.alloc(11).toString('base64'))
    const fresh = await run(
      'import-image',
      path('disk.raw'),
      '--name',
      'new',
      '--changed',
      path('none'),
    )
    expect(problemOf(fresh)[0]).toBe(
      'xenkeep: The changes of "new" have no recovery point that they could be added to: there is no point of this name.',
    )
    tool.write('short.raw', disk.subarray(0, 5 * MiB))
    tool.write('short', Buffer.alloc(10).toString('base64'))
    const shrunk = await run(
      'import-image',
      path('short.raw'),
      '--name',
      'disk',
      '--changed',
      path('short'),
    )
    expect([shrunk.exitCode, shrunk.stderr]).toEqual([2, expect.stringContaining('less than the')])
    const args = ['--name', 'disk', '--changed', path('none'), '--chunk-size', '64K']
    const chunks = await run('import-image', path('disk.raw'), ...args)
    expect(chunks.stderr).toContain('the latest point has chunks of 1048576 bytes, not of 65536')
    const bitmap = await run(
      'import-image',
      path('disk.raw'),
      '--name',
      'disk',
      '--changed',
      path('kit'),
    )
    expect([bitmap.exitCode, bitmap.stderr]).toEqual([2, expect.stringContaining('BITMAP_INVALID')])
  })

  test('an image that somebody writes to meanwhile makes no point', async () => {
    const before = (await json('points')).document.points.length
    tool.write('moving.raw', Buffer.alloc(4 * MiB, 1))
    const { now } = tool.host
    // The clock is asked when the image is open and the reading begins.
    tool.host.now = () => {
      utimesSync(path('moving.raw'), 1, 1)
      return now()
    }
    const ended = await run('import-image', path('moving.raw'), '--name', 'moving')
    tool.host.now = now
    expect([ended.exitCode, ended.stderr]).toEqual([1, expect.stringContaining('IMAGE_CHANGED')])
    expect((await json('points')).document.points).toHaveLength(before)
  })

  test('chunk sizes, levels and names that cannot be', async () => {
    const args = ['import-image', path('disk.raw'), '--name']
    for (const more of [
      ['x', '--chunk-size', '100K'],
      ['x', '--chunk-size', '8M'],
      ['x', '--compression', '2'],
      [''],
    ])
      expect((await run(...args, ...more)).exitCode).toBe(2)
  })

  test('points and disks that are not there, and a name that is taken', async () => {
    const nothing = await run('export', 'latest:nobody', '-o', path('out.raw'))
    expect([nothing.exitCode, nothing.stderr]).toEqual([
      2,
      expect.stringContaining('no recovery point of "nobody"'),
    ])
    const id = await run('export', '01ARZ3NDEKTSV4RRFFQ69G5FAV', '-o', path('out.raw'))
    expect(id.stderr).toContain('There is no recovery point 01ARZ3NDEKTSV4RRFFQ69G5FAV')
    const noDisk = await run('export', 'latest:disk', '--disk', '7', '-o', path('out.raw'))
    expect(noDisk.stderr).toContain('has no disk "7"; it has: 0 "disk".')
    const taken = await run('export', 'latest:disk', '-o', path('disk.raw'))
    expect([taken.exitCode, taken.stderr]).toEqual([2, expect.stringContaining('OUTPUT_EXISTS')])
    expect(readFileSync(path('disk.raw')).equals(disk)).toBe(true)
    const nowhere = await run('export', 'latest:disk', '-o', path('no/such/out.raw'))
    expect(nowhere.stderr).toContain('cannot be written: its directory does not exist')
    const full = await run('restore', 'latest:disk', path('repository'))
    expect(full.stderr).toContain('the directory is not empty')
    const xva = await run('export', 'latest:disk', '--format', 'xva', '-o', path('out.xva'))
    expect([xva.exitCode, xva.stderr]).toEqual([1, expect.stringContaining('NO_VM_METADATA')])
    expect(tool.files().filter(name => name.startsWith('out'))).toEqual([])
  })

  test('Ctrl-C ends an export, and nothing of it stays', async () => {
    const { now } = tool.host
    let calls = 0
    // The clock is asked at the start, for the progress, and after the first bytes are written.
    tool.host.now = () => {
      calls++
      if (calls === 3) {
        expect(tool.files()).toContain('stopped.raw.xenkeep-partial')
        tool.stop()
      }
      return now()
    }
    const ended = await run('export', 'latest:disk', '-o', path('stopped.raw'))
    tool.host.now = now
    expect([calls >= 3, ended.exitCode]).toEqual([true, 130])
    expect(tool.files().filter(name => name.startsWith('stopped'))).toEqual([])
  })

  test('an import that was stopped goes on where the file is as it was, and says why not where it is not', async () => {
    // In a repository of its own: it leaves packs that no point needs.
    const tool = repoTool()
    const { path, run } = tool
    expect((await run('init', '--recovery-kit-file', path('kit'))).exitCode).toBe(0)
    tool.write('long.raw', randomBytes(64 * MiB))
    const importLong = (...more: string[]) =>
      run('import-image', path('long.raw'), '--name', 'long', ...more)
    const now = tool.host.now
    const stopped = async (...more: string[]) => {
      let calls = 0
      tool.host.now = () => {
        if (++calls === 55) tool.stop()
        return now()
      }
      const ended = await importLong(...more)
      tool.host.now = now
      expect(ended.exitCode).toBe(130)
    }
    await stopped('--resume')
    writeFileSync(path('long.raw'), randomBytes(MiB), { flag: 'r+' })
    await stopped('--resume')
    const resumed = await tool.json('import-image', path('long.raw'), '--name', 'long', '--resume')
    expect(resumed.exitCode).toBe(0)
    const { bytesResumed, bytesRead, size } = resumed.document
    expect(bytesResumed).toBeGreaterThanOrEqual(16 * MiB)
    expect(bytesResumed + bytesRead).toBe(size)
    await run('export', 'latest:long', '-o', path('long.back'))
    expect(readFileSync(path('long.back')).equals(readFileSync(path('long.raw')))).toBe(true)
    const anew = await importLong('--resume')
    expect(anew.stdout).toContain(
      'Nothing to go on with: the file is another one than then, or was written to since. The import begins anew.',
    )
    tool.remove()
  })

  test('a directory locks nothing, and says so', async () => {
    const listed = await run('points', '--locks', '--name', 'disk')
    expect(listed.stdout).toMatch(/LOCKED *\n.*not locked/s)
    expect((await json('points', '--locks', '--name', 'disk')).document.points[0].lock).toBeNull()
    const args = ['import-image', path('disk.raw'), '--name', 'disk', '--lock']
    const refused = await run(...args, 'compliance:3')
    expect(refused.exitCode).not.toBe(0)
    expect(refused.stderr).toContain('cannot lock objects')
    expect(refused.stderr).toContain('code: LOCK_UNSUPPORTED')
    expect((await run(...args, 'for-ever')).exitCode).toBe(2)
  })

  test('a repository of a newer version', async () => {
    const bootstrap = path('repository/repo/00000001')
    const before = readFileSync(bootstrap)
    chmodSync(bootstrap, 0o600)
    writeFileSync(bootstrap, before.toString().replace('"formatVersion":1', '"formatVersion":2'))
    try {
      const ended = await run('points')
      expect([ended.exitCode, ended.stderr]).toEqual([
        1,
        expect.stringContaining('REPOSITORY_NEWER'),
      ])
      expect(ended.stderr).toContain('Update XenKeep')
    } finally {
      writeFileSync(bootstrap, before)
    }
  })

  test('a truncated pack: found by every check, no export, whatever is left is told', async () => {
    const files = await packs()
    const contents = files.map(file => readFileSync(file))
    try {
      for (const file of files) {
        chmodSync(file, 0o600)
        truncateSync(file, 100)
      }
      const check = await json('check', '--level', '0')
      expect(check.exitCode).toBe(6)
      expect(check.document.report.findings[0].message).toContain('instead of')
      const ended = await run('export', 'latest:disk', '-o', path('damaged.raw'))
      expect([ended.exitCode, ended.stderr]).toEqual([6, expect.stringContaining('OBJECT_DAMAGED')])
      const rebuilt = await run('rebuild')
      expect([rebuilt.exitCode, rebuilt.stdout]).toEqual([6, expect.stringContaining('DAMAGE')])
      expect(tool.files().filter(name => name.startsWith('damaged'))).toEqual([])
    } finally {
      for (const [i, file] of files.entries()) writeFileSync(file, contents[i] as Buffer)
    }
  })

  test('one bit turned: the disk and the place are named, and a half-made restore is removed', async () => {
    const files = await packs()
    const contents = files.map(file => readFileSync(file))
    try {
      await damageLargestPack(path('repository'))
      const check = await run('check', '--level', '2')
      expect([check.exitCode, check.stdout]).toEqual([
        6,
        expect.stringContaining('disk image, bytes'),
      ])
      expect(check.stdout).toContain('"disk"')
      const ended = await run('restore', 'latest:disk', path('half'))
      expect(ended.exitCode).toBe(6)
      expect(tool.files()).not.toContain('half')
    } finally {
      for (const [i, file] of files.entries()) writeFileSync(file, contents[i] as Buffer)
    }
    expect((await run('check', '--level', '2')).exitCode).toBe(0)
  })

  test('a place that is no repository, and an address that is none', async () => {
    const { runProgram } = await import('#cli/program.ts')
    const at = (address: string) =>
      runProgram(tool.host, ['repo', 'points', '--repository', address], '0')
    expect(await at(`file:${path('empty')}`)).toBe(2)
    expect(await at('ftp://somewhere')).toBe(2)
    expect(await runProgram(tool.host, ['repo', 'points'], '0')).toBe(2)
  })
})
