import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PASSPHRASE, repoTool } from '#test/support/repo-tool.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'
import { describeWithTools, findTool } from '#test/support/tools.ts'

const MiB = 1024 * 1024
const tool = repoTool()
const { path, run } = tool
const unshare = findTool('unshare') ?? 'unshare'
const NAMESPACE = ['--user', '--map-root-user', '--mount']

// The command meets a file system of 3 MiB at $1 that goes away with its namespace, and what it left there is listed.
const IN_SMALL_DISK =
  'small=$1; shift; mount -t tmpfs -o size=3m tmpfs "$small" && cp "$1" "$small/kept" && shift && { "$@"; code=$?; echo "left: $(ls -A "$small")"; exit $code; }'

// Some containers forbid namespaces even to root.
const isForbidden = () =>
  process.env.CI !== 'true' && spawnSync(unshare, [...NAMESPACE, 'true']).status !== 0

const onSmallDisk = (...args: string[]) => {
  const xenkeep = [process.execPath, 'cli/main.ts', 'repo', ...args]
  const shell = ['sh', '-c', IN_SMALL_DISK, 'sh', path('small'), path('kit'), ...xenkeep]
  const env = { ...process.env, XENKEEP_PASSPHRASE: PASSPHRASE }
  return spawnSync(unshare, [...NAMESPACE, ...shell], { env, encoding: 'utf8' })
}

beforeAll(async () => {
  mkdirSync(path('small'))
  tool.write('disk.raw', Buffer.alloc(6 * MiB, 'text of a guest '))
  await run('init', '--recovery-kit-file', path('kit'))
  await run('import-image', path('disk.raw'), '--name', 'disk')
})
afterAll(() => tool.remove())

describeWithTools(['unshare', 'mount'], 'an export to a full disk (in a namespace)', () => {
  test
    .skipIf(isForbidden())
    .each([
      [['export', 'latest:disk', '-o', 'small/out.raw']],
      [['export', 'latest:disk', '--format', 'vhd', '-o', 'small/out.vhd']],
      [['export', 'latest:disk', '--force', '-o', 'small/kept']],
      [['restore', 'latest:disk', 'small/all']],
    ])('%j: a sentence, and nothing of it stays', words => {
    const args = words.map(word => (word.startsWith('small/') ? path(word) : word))
    const ended = onSmallDisk(...args, '--repository', `file:${path('repository')}`)
    expect([ended.status, ended.stderr]).toEqual([1, expect.stringContaining('code: OUTPUT_FULL')])
    expect(ended.stderr).toContain('There is no space left for')
    expect(ended.stdout.trim()).toBe('left: kept')
  })
})

// A repository on a file system of 4 MiB, which then gets room; `$@` is the command without its subcommand's words.
const REPOSITORY_ON_SMALL_DISK = `
small=$1; work=$2; shift 2; mount -t tmpfs -o size=4m tmpfs "$small"; where="--repository file:$small/r"
"$@" init --recovery-kit-file "$work/kit2" $where >/dev/null || exit 99
"$@" import-image "$work/one.raw" --name one $where >/dev/null || exit 98
"$@" import-image "$work/two.raw" --name two $where; echo "full: $?"
"$@" check --level 2 $where >/dev/null; echo "check: $?"
mount -o remount,size=40m "$small"
"$@" import-image "$work/two.raw" --name two $where >/dev/null; echo "again: $?"
"$@" export latest:two -o "$work/two.out" $where >/dev/null && cmp "$work/two.raw" "$work/two.out" && echo same
mount -o remount,ro "$small"
"$@" import-image "$work/one.raw" --name three $where; echo "read-only: $?"
`

describeWithTools(
  ['unshare', 'mount', 'cmp'],
  'a repository on a full disk (in a namespace)',
  () => {
    test.skipIf(isForbidden())(
      'what was there stays whole, and the same import succeeds when there is room; a read-only disk says so',
      () => {
        tool.write('one.raw', seededRandom(1).bytes(MiB))
        tool.write('two.raw', seededRandom(2).bytes(6 * MiB))
        const xenkeep = [process.execPath, 'cli/main.ts', 'repo']
        const words = ['sh', path('small'), path('.'), ...xenkeep]
        const shell = ['sh', '-c', REPOSITORY_ON_SMALL_DISK, ...words]
        const env = { ...process.env, XENKEEP_PASSPHRASE: PASSPHRASE }
        const ended = spawnSync(unshare, [...NAMESPACE, ...shell], { env, encoding: 'utf8' })
        expect(ended.stdout.trim().split('\n')).toEqual([
          'full: 1',
          'check: 0',
          'again: 0',
          'same',
          'read-only: 5',
        ])
        expect(ended.stderr.match(/code: [A-Z_]+/g)).toEqual([
          'code: STORE_FULL',
          'code: STORE_DENIED',
        ])
        expect(ended.stderr).toContain('There is no space left in file:')
      },
    )
  },
)
