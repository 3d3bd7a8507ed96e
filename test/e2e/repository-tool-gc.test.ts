import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { repoTool } from '#test/support/repo-tool.ts'

const MiB = 1024 * 1024

const tool = repoTool()
const { path, run, json } = tool
const tree = () =>
  (readdirSync(path('repository'), { recursive: true }) as string[])
    .map(name => join(path('repository'), name))
    .map(name => [name, statSync(name).size, statSync(name).mtimeMs])
    .sort()

beforeAll(async () => {
  tool.write('disk.raw', Buffer.alloc(2 * MiB, 'first'))
  expect((await run('init', '--recovery-kit-file', path('kit'))).exitCode).toBe(0)
  expect((await run('import-image', path('disk.raw'), '--name', 'disk')).exitCode).toBe(0)
  tool.write('other.raw', Buffer.alloc(2 * MiB, 'second'))
  expect((await run('import-image', path('other.raw'), '--name', 'other')).exitCode).toBe(0)
})
afterAll(() => tool.remove())

test('a point is deleted only when its id is given twice', async () => {
  const before = tree()
  const asked = await run('remove-point', 'latest:disk')
  expect([asked.exitCode, asked.stderr]).toEqual([
    2,
    expect.stringMatching(/recovery point [0-9A-Z]{26} of "disk".* would be deleted for ever/),
  ])
  const id = /--confirm ([0-9A-Z]{26})/.exec(asked.stderr)?.[1] as string
  const wrong = await run('remove-point', 'latest:disk', '--confirm', 'yes')
  expect([wrong.exitCode, wrong.stderr]).toEqual([
    2,
    expect.stringContaining('"yes" is not the id of'),
  ])
  expect(tree()).toEqual(before)

  const done = await json('remove-point', id, '--confirm', id)
  expect([done.exitCode, done.document]).toEqual([
    0,
    { repository: `file:${path('repository')}`, point: id, removed: true },
  ])
  const points = await json('points')
  expect(points.document.points.map(({ name }: { name: string }) => name)).toEqual(['other'])
  expect((await run('remove-point', id, '--confirm', id)).exitCode).toBe(2)
})

test('a run tells what it did; a dry run changes nothing', async () => {
  const young = await run('gc')
  expect([young.exitCode, young.stdout]).toEqual([
    0,
    expect.stringContaining(
      'Kept 2 packs that no recovery point needs yet: too young, a running backup may have sent them.',
    ),
  ])
  const before = tree()
  const dry = await run('gc', '--dry-run')
  expect([dry.exitCode, dry.stdout]).toEqual([0, expect.stringContaining('Nothing was changed.')])
  expect(dry.stdout).toContain('Kept 2 packs')
  expect(tree()).toEqual(before)
  const { exitCode, document } = await json('gc', '--cache', path('cache'))
  expect([exitCode, document.dryRun, document.report.kept.young]).toEqual([0, false, 2])
  expect(readdirSync(path('cache')).length).toBeGreaterThan(0)
  expect((await run('check', '--level', '2')).exitCode).toBe(0)
})

test('what cannot be read stops it', async () => {
  const folders = readdirSync(path('repository/points'))
  for (const each of folders)
    for (const file of readdirSync(path(`repository/points/${each}`))) {
      const record = path(`repository/points/${each}/${file}`)
      if (statSync(record).size > 16) writeFileSync(record, 'XKSO is all that is left of it')
    }
  const stopped = await run('gc')
  expect([stopped.exitCode, stopped.stderr]).toEqual([6, expect.stringContaining('OBJECT_')])
})
