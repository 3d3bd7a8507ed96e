import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { damageLargestPack } from '#test/support/damage-pack.ts'
import { repoTool } from '#test/support/repo-tool.ts'

const MiB = 1024 * 1024
const disk = Buffer.alloc(5 * MiB + 4096)
disk.fill('text of a guest ', MiB, 2 * MiB + 7)
disk.fill(7, 4 * MiB)

const tool = repoTool()
const { path, run, json } = tool
const replica = ['--replica', `file:${path('replica')}`]

beforeAll(async () => {
  tool.write('disk.raw', disk)
  expect((await run('init', '--recovery-kit-file', path('kit'))).exitCode).toBe(0)
  expect((await run('import-image', path('disk.raw'), '--name', 'disk')).exitCode).toBe(0)
  cpSync(path('repository'), path('replica'), { recursive: true, preserveTimestamps: true })
})
afterAll(() => tool.remove())

test('what was verified, and how long ago, in checks and in what the repository is', async () => {
  expect((await run('info')).stdout).toContain('  verified  Nothing was ever verified: 2 packs')
  const small = await run('check', '--limit', '1KiB')
  expect([small.exitCode, small.stdout]).toEqual([
    0,
    expect.stringContaining('1 of 2 packs were verified at least once; the oldest verification is'),
  ])
  expect(small.stdout).toContain('Never verified: 1 pack')
  const rest = await run('check', '--sample', '50%')
  expect(rest.stdout).toContain('Everything was verified at least once')
  expect((await run('info')).stdout).toContain('  verified  Everything was verified at least once')
  expect((await json('info')).document.verification).toMatchObject({
    packs: 2,
    never: { packs: 0 },
    damaged: 0,
  })
  const misused = await run('check', '--level', '2', '--sample', '5%')
  expect([misused.exitCode, misused.stderr]).toEqual([2, expect.stringContaining('--sample')])
})

test('somebody without a key sees whether objects have the form they claim', async () => {
  const { XENKEEP_PASSPHRASE: _, ...env } = tool.host.env
  const before = tool.host.env
  tool.host.env = env
  try {
    const sound = await run('check', '--level', '0', '--without-key')
    expect([sound.exitCode, sound.stderr, sound.stdout]).toEqual([
      0,
      '',
      expect.stringContaining('No damage was found.'),
    ])
    const misused = await run('check', '--without-key')
    expect([misused.exitCode, misused.stderr]).toEqual([2, expect.stringContaining('--level 0')])
  } finally {
    tool.host.env = before
  }
})

test('a replica: all there, one point behind, and without its keys', async () => {
  const whole = await run('check', ...replica)
  expect([whole.exitCode, whole.stdout]).toEqual([
    0,
    expect.stringContaining('1 of 1 recovery point can be restored from it alone.'),
  ])
  expect((await run('import-image', path('disk.raw'), '--name', 'later')).exitCode).toBe(0)
  const behind = await run('check', ...replica)
  expect([behind.exitCode, behind.stdout]).toEqual([
    3,
    expect.stringContaining('1 of 2 recovery points can be restored from it alone.'),
  ])
  expect(behind.stdout).toContain('Not there: point ')
  rmSync(path('replica/keys'), { recursive: true })
  const shut = await json('check', ...replica)
  expect([shut.exitCode, shut.document.replica]).toEqual([
    3,
    expect.objectContaining({ shut: expect.stringContaining('key slots'), restorable: 0 }),
  ])
  cpSync(path('repository/keys'), path('replica/keys'), { recursive: true })
  const nowhere = await run('check', '--replica', 'ftp://somewhere')
  expect([nowhere.exitCode, nowhere.stderr]).toEqual([
    2,
    expect.stringContaining('STORE_ADDRESS_INVALID'),
  ])
})

test('damage without a source stays named; with a replica it is healed', async () => {
  await damageLargestPack(path('repository'))
  const alone = await run('check', '--level', '2', '--heal')
  expect([alone.exitCode, alone.stdout]).toEqual([
    6,
    expect.stringContaining('Healing: 0 objects put back, 1 left as they are.'),
  ])
  const healed = await run('check', '--level', '2', '--heal', ...replica)
  expect(healed.stdout).toContain('Healing: 1 object put back, 0 left as they are.')
  // The damage is gone; the replica is still a point behind.
  expect(healed.exitCode).toBe(3)
  const after = await run('check', '--level', '2')
  expect([after.exitCode, after.stdout]).toEqual([
    0,
    expect.stringContaining('No damage was found.'),
  ])
  expect((await run('export', 'latest:disk', '-o', path('back'))).exitCode).toBe(0)
  expect(readFileSync(path('back')).equals(disk)).toBe(true)
  const past = await run('check', '--heal', '--as-of', '2026-01-01T00:00:00Z')
  expect(past.exitCode).toBe(2)
})

test('damage that nobody can heal is read again by the next import of changes', async () => {
  const largest = (folder: string) =>
    readdirSync(path(folder), { recursive: true }).map(name => join(path(folder), String(name)))
  expect(largest('repository/packs').length).toBeGreaterThan(0)
  await damageLargestPack(path('repository'))
  expect((await run('check', '--level', '2')).exitCode).toBe(6)
  // Nothing changed, says the bitmap.
  const bitmap = Buffer.alloc(Math.ceil(disk.length / 65_536 / 8))
  tool.write('none', bitmap.toString('base64'))
  const args = ['import-image', path('disk.raw'), '--name', 'disk', '--changed', path('none')]
  const { exitCode, document } = await json(...args)
  expect(exitCode).toBe(0)
  // Just the one chunk that the turned bit struck; the last one of the disk is short.
  expect(document.bytesRead).toBeGreaterThan(0)
  expect(document.bytesRead).toBeLessThanOrEqual(MiB)
  expect((await run('export', 'latest:disk', '--force', '-o', path('back'))).exitCode).toBe(0)
  expect(readFileSync(path('back')).equals(disk)).toBe(true)
})
