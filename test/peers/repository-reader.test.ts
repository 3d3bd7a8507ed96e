import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { GOLDEN_PASSPHRASE, GOLDEN_VM, goldenImage } from '#test/support/repository/golden.ts'
import { describeWithTools } from '#test/support/tools.ts'

const run = promisify(execFile)
const golden = JSON.parse(readFileSync('test/golden/repository-v1.golden.json', 'utf8')) as {
  rootHash: string
  objects: Record<string, string>
}

const hasCryptography = await run('python3', ['-c', 'import cryptography']).then(
  () => true,
  () => false,
)
// A module, not a program; the group is skipped, or fails in CI, under the name of its Debian package.
const tools = ['python3', 'zstd', ...(hasCryptography ? [] : ['python3-cryptography'])]

/** The document is complete and true: somebody who knows only it, and none of our code, reads the backup. */
describeWithTools(tools, 'a reader in Python written from docs/repository-format.md', () => {
  test('restores the golden repository', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'xenkeep-reader-'))
    try {
      for (const [key, base64] of Object.entries(golden.objects)) {
        mkdirSync(join(directory, dirname(key)), { recursive: true })
        writeFileSync(join(directory, key), Buffer.from(base64, 'base64'))
      }
      const env = { ...process.env, XENKEEP_PASSPHRASE: GOLDEN_PASSPHRASE }
      const script = 'test/peers/repository/read_point.py'
      const { stdout } = await run('python3', [script, directory], { env, timeout: 30_000 })
      const { commit, disks } = JSON.parse(stdout)
      expect(commit).toMatchObject({ vmUuid: GOLDEN_VM, subject: { name: 'golden' } })
      expect(commit.disks).toMatchObject([{ id: 'xvda', root: golden.rootHash }])
      expect(disks).toEqual({ xvda: createHash('sha256').update(goldenImage()).digest('hex') })
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})
