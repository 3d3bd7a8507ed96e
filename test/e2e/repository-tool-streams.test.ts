import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDirectoryStore } from '#adapters/fs/object-store.ts'
import { openRepository } from '#repository/index.ts'
import { PASSPHRASE, repoTool } from '#test/support/repo-tool.ts'
import { VM } from '#test/support/repository/open.ts'
import { frozenClock, seededRandom } from '#test/support/repository/seeded.ts'
import { backUpStreams, someBytes } from '#test/support/repository/streams.ts'

const tool = repoTool()
const dump = someBytes(4, 900_000)
const POINT = '01M81J18G05KMQNHMGB9KANYKE'

beforeAll(async () => {
  await tool.run('init', '--recovery-kit-file', tool.path('kit'))
})
afterAll(() => tool.remove())

test('a repository is opened for streams once, by its owner', async () => {
  const first = await tool.run('enable', 'streams')
  expect([first.exitCode, first.stderr]).toEqual([0, ''])
  expect(first.stdout).toContain('is open for "streams" now.')
  expect(first.stdout).toContain('refuse to open it: update every gateway that uses it.')
  const { document } = await tool.json('enable', 'streams')
  expect(document).toMatchObject({ feature: 'streams', enabled: false })
  expect((await tool.run('enable', 'anything')).exitCode).toBe(2)
})

test('a stream of a point is listed, and written to a file as it was', async () => {
  const repository = await openRepository({
    store: await openDirectoryStore(tool.path('repository')),
    unlock: { passphrase: PASSPHRASE },
    clock: frozenClock(),
    random: seededRandom(3),
    tuning: { workers: 0 },
  })
  await backUpStreams(repository, {
    jobId: POINT,
    streams: { 'shop.dump': dump, empty: new Uint8Array(0) },
  })
  await repository.close()

  const { document } = await tool.json('points')
  expect(document.points).toMatchObject([
    {
      point: POINT,
      vmUuid: VM,
      disks: [],
      streams: [
        { id: 'shop.dump', size: dump.length },
        { id: 'empty', size: 0 },
      ],
    },
  ])
  expect((await tool.run('points')).stdout).toContain('2 streams')

  const to = tool.path('shop.dump')
  const exported = await tool.json('export', POINT, '--stream', 'shop.dump', '-o', to)
  expect(exported.document).toMatchObject({
    event: 'exported',
    stream: 'shop.dump',
    size: dump.length,
    file: to,
  })
  expect(readFileSync(to).equals(dump)).toBe(true)
  const all = await tool.run('restore', POINT, tool.path('all'))
  expect([all.exitCode, all.stdout]).toEqual([0, expect.stringContaining(': 2 streams, ')])
  expect(readFileSync(tool.path('all/stream-0.bin')).equals(dump)).toBe(true)
  expect(JSON.parse(readFileSync(tool.path('all/point.json'), 'utf8')).streams).toMatchObject([
    { id: 'shop.dump', file: 'stream-0.bin', size: dump.length },
    { id: 'empty', file: 'stream-1.bin', size: 0 },
  ])
  const none = tool.path('empty')
  expect((await tool.run('export', POINT, '--stream', 'empty', '-o', none)).exitCode).toBe(0)
  expect(readFileSync(none)).toHaveLength(0)
})

test.each([
  [
    ['--stream', 'other'],
    `The point ${POINT} has no stream "other".`,
    'It has: "shop.dump", "empty".',
  ],
  [
    [],
    `The point ${POINT} has no disk.`,
    'It has streams: "shop.dump", "empty". Choose one with --stream.',
  ],
  [['--stream', 'empty', '--format', 'vhd'], '--stream goes with neither --disk nor --format', ''],
])('export with %j says what there is', async (args, message, advice) => {
  const refused = await tool.run('export', POINT, ...args, '-o', tool.path('out'))
  expect(refused.exitCode).toBe(2)
  expect(refused.stderr).toContain(message)
  expect(refused.stderr).toContain(advice)
  expect(tool.files()).not.toContain('out')
})
