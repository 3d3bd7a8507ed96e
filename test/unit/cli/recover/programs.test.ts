import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeBootArea } from '#cli/recover/boot-area.ts'
import { makeFolder } from '#cli/recover/folders.ts'
import { programsOf } from '#cli/recover/programs.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recover-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('programs that are missing are named, with the packages that have them', async () => {
  const { signal } = new AbortController()
  const asked = new Map([
    ['sh', 'dash'],
    ['no-such-mkfs', 'xfsprogs'],
    ['no-such-xfs_db', 'xfsprogs'],
  ])
  await expect(programsOf(process.env.PATH, signal).assertAll(asked)).rejects.toMatchObject({
    code: 'RECOVERY_TOOLS_MISSING',
    message: 'Programs are missing here: no-such-mkfs, no-such-xfs_db.',
    advice: 'Nothing was changed. On Debian: apt-get install xfsprogs',
  })
})

test('a program that fails ends the recovery with what it said; stopped, nothing is started but what takes back', async () => {
  const stop = new AbortController()
  const { run, undo } = programsOf(process.env.PATH, stop.signal)
  await expect(run('made a disk', ['sh', '-c', 'echo no room >&2; exit 1'])).rejects.toMatchObject({
    code: 'RECOVERY_STEP_FAILED',
    message: 'The recovery ended where it made a disk: sh: no room',
  })
  expect(await run('asked', ['cat'], 'text')).toBe('text')
  stop.abort(new Error('stopped'))
  await expect(run('asked', ['true'])).rejects.toThrow('stopped')
  expect(await undo('took back', ['echo', 'done'])).toBe('done\n')
})

test('a boot loader is written around the partition table', async () => {
  const disk = join(folder, 'disk')
  await writeFile(disk, Buffer.alloc(2048, 'o'))
  const parts = async function* () {
    yield Buffer.alloc(450, 'n')
    yield Buffer.alloc(1086, 'n')
  }
  await writeBootArea(disk, { stream: 's', offset: 0, bytes: 1536 }, parts())
  const text = await readFile(disk, 'latin1')
  expect(text).toBe('n'.repeat(440) + 'o'.repeat(72) + 'n'.repeat(1024) + 'o'.repeat(512))
})

test('folders for mounts are made, and never through a link', async () => {
  await mkdir(join(folder, 'elsewhere'))
  await mkdir(join(folder, 'root'))
  await symlink(join(folder, 'elsewhere'), join(folder, 'root/var'))
  const root = join(folder, 'root')
  expect(await makeFolder(root, '/srv/data')).toBe(true)
  expect(await makeFolder(root, '/srv/data')).toBe(true)
  expect(await makeFolder(root, '/var/lib')).toBe(false)
  expect(await makeFolder(root, '/srv/../../elsewhere/x')).toBe(false)
  await expect(readFile(join(folder, 'elsewhere/lib'))).rejects.toThrow('ENOENT')
})
