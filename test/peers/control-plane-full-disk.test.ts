import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeWithTools, findTool } from '#test/support/tools.ts'

const unshare = findTool('unshare') ?? 'unshare'
const NAMESPACE = ['--user', '--map-root-user', '--mount']

// Some containers forbid namespaces even to root.
const isForbidden = () =>
  process.env.CI !== 'true' && spawnSync(unshare, [...NAMESPACE, 'true']).status !== 0

/** A data directory on a disk of 1 MiB that is full. */
const ON_FULL_DISK =
  'mount -t tmpfs -o size=1m tmpfs "$2" && head -c "$3" /dev/zero > "$2/big"; exec "$1" local/main.ts --data "$2"'

describeWithTools(['unshare', 'mount'], 'a full disk (in a namespace)', () => {
  test.skipIf(isForbidden())('stops the start with a sentence and a code', () => {
    const directory = mkdtempSync(join(tmpdir(), 'xenkeep-full-'))
    try {
      const { status, stderr } = spawnSync(
        unshare,
        [...NAMESPACE, 'sh', '-c', ON_FULL_DISK, 'sh', process.execPath, directory, '2000000'],
        { encoding: 'utf8', timeout: 30_000 },
      )
      expect(stderr).toMatch(/There is no space left/)
      expect(stderr).toMatch(/\((CATALOG_FULL|DATA_DIRECTORY_UNUSABLE)\)\n$/)
      expect(stderr).not.toMatch(/ {4}at /)
      expect(status).toBe(2)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })
})
