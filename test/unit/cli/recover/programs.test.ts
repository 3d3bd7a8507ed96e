import { link, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeBootArea } from '#cli/recover/boot-area.ts'
import { makeFile, makeFolder } from '#cli/recover/folders.ts'
import { withPart } from '#cli/recover/part-of-disk.ts'
import { type Programs, programsOf } from '#cli/recover/programs.ts'
import { assertUnused, realPathOf, targetOf } from '#cli/recover/target.ts'

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

test('a swap file is made where nothing is, and never through a link or over what is no plain file', async () => {
  const root = join(folder, 'root')
  await mkdir(root)
  await writeFile(join(folder, 'elsewhere'), 'data of this machine')
  await symlink(join(folder, 'elsewhere'), join(root, 'swap'))
  await symlink(join(folder, 'not-yet'), join(root, 'swap2'))
  for (const path of ['/swap', '/swap2', '/srv/..', '/'])
    expect(await makeFile(root, path)).toBe(undefined)
  expect(await makeFile(root, '/srv/swap')).toBe(join(root, 'srv/swap'))
  await link(join(root, 'srv/swap'), join(root, 'another-name'))
  expect(await makeFile(root, '/srv/swap')).toBe(undefined)
  await writeFile(join(root, 'saved'), 'an old swap file', { mode: 0o644 })
  expect(await makeFile(root, '/saved')).toBe(join(root, 'saved'))
  expect((await stat(join(root, 'saved'))).mode & 0o777).toBe(0o600)
  expect(await readFile(join(folder, 'elsewhere'), 'utf8')).toBe('data of this machine')
  await expect(readFile(join(folder, 'not-yet'))).rejects.toThrow('ENOENT')
})

/** Answers as losetup, and keeps what it was asked. */
const losetup = (answer: string) => {
  const asked: string[] = []
  const run = async (_: string, argv: readonly string[]) => {
    asked.push(argv.join(' '))
    return answer
  }
  const programs: Programs = { run, undo: run, assertAll: async () => undefined }
  return { asked, programs }
}

test('a disk has one name, whatever link it was named by', async () => {
  await writeFile(join(folder, 'disk'), Buffer.alloc(1024))
  await symlink(join(folder, 'disk'), join(folder, 'by-id'))
  const { programs } = losetup('')
  const [one, other] = await Promise.all(
    ['disk', 'by-id'].map(name => targetOf(join(folder, name), programs)),
  )
  expect(one).toEqual({
    path: await realPathOf(join(folder, 'disk')),
    bytes: 1024,
    sectorBytes: 512,
  })
  expect(other).toEqual(one)
  await expect(targetOf(join(folder, 'none'), programs)).rejects.toMatchObject({
    code: 'RECOVERY_DISK_UNUSABLE',
  })
})

test('loop devices that were left behind stay where nothing is to be changed', async () => {
  const disk = join(folder, 'disk')
  await writeFile(disk, '')
  const { asked, programs } = losetup(JSON.stringify({ loopdevices: [{ name: disk }] }))
  const target = { path: disk, bytes: 0, sectorBytes: 512 }
  await assertUnused(target, programs, { dryRun: true })
  expect(asked).toEqual([`losetup --json --output NAME --associated ${disk}`])
  await assertUnused(target, programs)
  expect(asked.at(-1)).toBe(`losetup --detach ${disk}`)
})

test('a part of a disk has sectors as large as those of the disk', async () => {
  const disk = join(folder, 'disk')
  await writeFile(disk, '')
  const { asked, programs } = losetup(`${disk}\n`)
  for (const sectorBytes of [512, 4096])
    await withPart({ target: disk, offset: 1, bytes: 2, sectorBytes }, programs, async () => 0)
  const row = 'losetup --find --show --offset 1 --sizelimit 2'
  expect(asked.filter(argv => argv.includes('--find'))).toEqual([
    `${row} ${disk}`,
    `${row} --sector-size 4096 ${disk}`,
  ])
})
