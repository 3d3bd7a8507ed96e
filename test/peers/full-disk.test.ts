import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { describeWithTools, findTool } from '#test/support/tools.ts'

const run = promisify(execFile)
const unshare = findTool('unshare') ?? 'unshare'

// The script lives in a user and mount namespace of its own, so its file system goes away with it, whatever happens.
const IN_SMALL_DISK = 'mount -t tmpfs -o size=2m tmpfs "$3" && exec "$1" "$2" "$3"'

const NAMESPACE = ['--user', '--map-root-user', '--mount']

// Some containers forbid namespaces even to root.
const isForbidden = () =>
  process.env.CI !== 'true' && spawnSync(unshare, [...NAMESPACE, 'true']).status !== 0

describeWithTools(['unshare', 'mount'], 'a full and a read-only disk (in a namespace)', () => {
  test.skipIf(isForbidden())(
    'are told by code, leave nothing half done, and room makes all well again',
    async () => {
      const directory = await mkdtemp(join(tmpdir(), 'xenkeep-full-'))
      const script = join(import.meta.dirname, '..', 'support', 'processes', 'small-disk.ts')
      const command = ['sh', '-c', IN_SMALL_DISK, 'sh', process.execPath, script, directory]
      const { stdout } = await run(unshare, [...NAMESPACE, ...command])
      await rm(directory, { recursive: true })

      const told = JSON.parse(stdout)
      expect(new Set(told.puts)).toEqual(
        new Set(['done', 'STORE_FULL: There is no space left in file:DIR/store.']),
      )
      expect(told.sizes).toEqual(told.puts.filter((p: string) => p === 'done').map(() => 300_000))
      expect(told.staged).toEqual([])
      expect(new Set(told.writes)).toContain(
        'CATALOG_FULL: There is no space left for the catalog DIR/catalog.db.',
      )
      expect(told.items).toBe(2 * told.writes.filter((w: string) => w === 'done').length)
      expect([told.putAgain, told.writeAgain]).toEqual(['done', 'done'])
      expect(told.readOnly).toEqual({
        put: 'STORE_DENIED: The object store refused to write "b" in file:DIR/store: permission denied.',
        get: 'done',
        reopen: 'done',
        catalog:
          'CATALOG_DENIED: The catalog DIR/catalog.db cannot be opened: permission denied, or it is not there.',
      })
    },
  )
})
