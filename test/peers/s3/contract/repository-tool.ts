import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { openObjectStore } from '#adapters/open-object-store.ts'
import type { ObjectStore } from '#core/ports.ts'
import type { Radosgw } from '#test/support/radosgw.ts'
import { xenkeep } from '#test/support/xenkeep.ts'

const MiB = 1024 * 1024
const PASSPHRASE = 'five random words of the test'

const copy = async (from: ObjectStore, to: ObjectStore): Promise<void> => {
  for await (const { key } of from.list('')) await to.put(key, [await from.get(key)])
}

/** The command line against a bucket, and a repository that moves from a directory to S3 and back. */
export const testRepositoryTool = (s3: () => { radosgw: Radosgw; client: S3Client }): void => {
  test('a repository on a directory is copied to a bucket, grows there, is copied back, and restores', async () => {
    const { radosgw, client } = s3()
    const { endpoint, credentials } = radosgw
    const folder = await mkdtemp(join(tmpdir(), 'xenkeep-repo-s3-'))
    const path = (name: string) => join(folder, name)
    const env = {
      XENKEEP_PASSPHRASE: PASSPHRASE,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    }
    const repo = async (args: readonly string[], where: readonly string[]) => {
      const ended = await xenkeep(['repo', ...args, '--repository', ...where], env)
      expect([ended.exitCode, ended.stderr]).toEqual([0, ''])
    }
    const here = [`file:${path('repository')}`]
    const back = [`file:${path('back')}`]
    const bucket = ['s3://tool/some/prefix', '--endpoint', endpoint]
    try {
      await client.send(new CreateBucketCommand({ Bucket: 'tool' }))
      const [first, second] = [Buffer.alloc(5 * MiB, 'one '), Buffer.alloc(6 * MiB, 'two ')]
      await writeFile(path('first.raw'), first)
      await writeFile(path('second.raw'), second)
      await repo(['init', '--recovery-kit-file', path('kit')], here)
      await repo(['import-image', path('first.raw'), '--name', 'first'], here)

      const remote = await openObjectStore(bucket[0] as string, { s3: { endpoint, credentials } })
      await copy(await openObjectStore(here[0] as string), remote)
      await repo(['import-image', path('second.raw'), '--name', 'second'], bucket)
      await repo(['check', '--level', '2'], bucket)
      await copy(remote, await openObjectStore(back[0] as string))

      for (const where of [bucket, back])
        for (const [name, expected] of [
          ['first', first],
          ['second', second],
        ] as const) {
          await repo(['export', `latest:${name}`, '--force', '-o', path('out.raw')], where)
          expect((await readFile(path('out.raw'))).equals(expected)).toBe(true)
        }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }, 180_000)

  test('a bucket that is not there, and credentials that are wrong', async () => {
    const { endpoint, credentials } = s3().radosgw
    const points = (address: string, secret: string) =>
      xenkeep(['repo', 'points', '--repository', address, '--endpoint', endpoint, '--json'], {
        XENKEEP_PASSPHRASE: PASSPHRASE,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: secret,
      })
    const missing = await points('s3://no-such-bucket', credentials.secretAccessKey)
    expect([missing.exitCode, missing.stdout]).toEqual([
      4,
      expect.stringContaining('STORE_MISSING'),
    ])
    const denied = await points('s3://tool/some/prefix', 'a wrong secret')
    expect([denied.exitCode, denied.stdout]).toEqual([5, expect.stringContaining('STORE_DENIED')])
    expect(denied.stdout + denied.stderr).not.toContain('a wrong secret')
  }, 60_000)
}
