import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Ended, xenkeep } from '#test/support/xenkeep.ts'

/*
 * Motivation: when everything else is lost, what is left is a bucket (or a directory) and a passphrase on paper. `xenkeep repo` has to
 * bring the data back with nothing but these: no settings, no catalog, no control plane.
 *
 * Steps: make a repository; import an image, change it, import the changes alone; list; export both points, raw and through a pipe;
 * restore to files; destroy the index and rebuild it; open with the recovery key instead of the passphrase; kill an export.
 *
 * Passes when every image that comes back is the one that went in, byte by byte, only the changed chunks were read, and nothing half
 * done stays behind.
 */

const MiB = 1024 * 1024
const SIZE = 24 * MiB + 12_288
let folder: string
const path = (name: string) => join(folder, name)
const env = { XENKEEP_PASSPHRASE: 'five random words of the test' }

const repo = (args: readonly string[], more: NodeJS.ProcessEnv = env): Promise<Ended> =>
  xenkeep(['repo', ...args, '--repository', `file:${path('repository')}`], more)
const done = async (...args: string[]): Promise<Record<string, unknown>> => {
  const ended = await repo([...args, '--json'])
  expect([ended.exitCode, ended.stderr]).toEqual([0, ''])
  return JSON.parse(ended.stdout.trim().split('\n').at(-1) as string)
}

/** Written in place, so that the holes between stay holes. */
const writeAt = async (name: string, parts: readonly (readonly [number, Buffer])[]) => {
  const file = await open(path(name), 'a+').then(async made => {
    await made.close()
    return open(path(name), 'r+')
  })
  for (const [offset, bytes] of parts) await file.write(bytes, 0, bytes.length, offset)
  await file.truncate(SIZE)
  await file.close()
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xenkeep-e2e-repo-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('an image, its changes, and everything back with nothing but the passphrase', async () => {
  const made = await repo(['init', '--recovery-kit-file', path('kit')])
  expect([made.exitCode, made.stdout]).toEqual([
    0,
    expect.stringContaining('Its recovery kit is in'),
  ])
  expect((await stat(path('kit'))).mode & 0o777).toBe(0o600)

  await writeAt('disk.raw', [
    [0, Buffer.alloc(3 * MiB, 'boot ')],
    [10 * MiB, Buffer.alloc(5 * MiB, 'database page ')],
  ])
  const before = await readFile(path('disk.raw'))
  const first = await done('import-image', path('disk.raw'), '--name', 'disk')
  expect(first).toMatchObject({ event: 'imported', bytesRead: SIZE, size: SIZE })

  await writeAt('disk.raw', [
    [10 * MiB + 70_000, Buffer.from('changed')],
    [20 * MiB, Buffer.alloc(64, 'new')],
  ])
  const after = await readFile(path('disk.raw'))
  const bitmap = Buffer.alloc(Math.ceil(SIZE / 65_536 / 8))
  for (const block of [161, 320]) bitmap[block >> 3] = 0x80 >> (block & 7)
  await writeFile(path('changed'), bitmap.toString('base64'))
  const args = ['--name', 'disk', '--changed', path('changed')]
  const second = await done('import-image', path('disk.raw'), ...args)
  expect(second).toMatchObject({ base: first.point, bytesRead: 2 * MiB, bytesNew: 2 * MiB })

  const list = await done('points', '--name', 'disk')
  expect((list.points as { point: string }[]).map(({ point }) => point)).toEqual([
    second.point,
    first.point,
  ])
  expect(await done('info')).toMatchObject({ points: 2, vms: 1 })

  await done('export', 'latest:disk', '-o', path('after.raw'))
  await done('export', String(first.point), '-o', path('before.raw'))
  expect((await readFile(path('after.raw'))).equals(after)).toBe(true)
  expect((await readFile(path('before.raw'))).equals(before)).toBe(true)
  expect((await stat(path('after.raw'))).blocks * 512).toBeLessThan(12 * MiB)

  await rm(path('repository/index'), { recursive: true })
  expect(await done('rebuild')).toMatchObject({ damaged: [] })
  expect((await repo(['check', '--level', '2'])).exitCode).toBe(0)

  // The passphrase is forgotten; the kit from the safe opens. Through a pipe, as to another program.
  const child = spawn(
    process.execPath,
    [
      ...['cli/main.ts', 'repo', 'export', 'latest:disk', '-o', '-'],
      ...['--repository', `file:${path('repository')}`, '--recovery-key-file', path('kit')],
    ],
    { env: { ...process.env, XENKEEP_PASSPHRASE: '' }, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [piped] = await Promise.all([buffer(child.stdout), once(child, 'close')])
  expect(piped.equals(after)).toBe(true)

  await done('restore', 'latest:disk', path('restored'))
  expect((await readFile(path('restored/disk-0.raw'))).equals(after)).toBe(true)
  expect(JSON.parse(await readFile(path('restored/point.json'), 'utf8'))).toMatchObject({
    name: 'disk',
    disks: [{ file: 'disk-0.raw', size: SIZE }],
  })
})

test('a full device behind a pipe ends an export with a sentence', async () => {
  const device = await stat('/dev/full').catch(() => undefined)
  if (!device) return
  const full = await open('/dev/full', 'w')
  const child = spawn(
    process.execPath,
    [
      ...['cli/main.ts', 'repo', 'export', 'latest:disk', '-o', '-'],
      ...['--repository', `file:${path('repository')}`],
    ],
    { env: { ...process.env, ...env }, stdio: ['ignore', full.fd, 'pipe'] },
  )
  const [said] = await Promise.all([
    buffer(child.stderr as NonNullable<typeof child.stderr>),
    once(child, 'close'),
  ])
  await full.close()
  expect([child.exitCode, said.toString()]).toEqual([
    1,
    expect.stringContaining('There is no space left'),
  ])
  expect(said.toString()).toContain('code: OUTPUT_FULL')
  expect(said.toString()).not.toMatch(/\n\s+at /)
})
