import { readFileSync } from 'node:fs'
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { s3ObjectStore } from '#adapters/aws/object-store.ts'
import { cuttingProxy, type S3Call, type Trouble } from '#test/support/cutting-proxy.ts'
import { repoTool } from '#test/support/repo-tool.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'
import { LOCKED, PLAIN, type S3Host } from './s3-host.ts'

const MiB = 1024 * 1024

/**
 * Motivation: when the store is in trouble, an administrator reads one sentence, and a script one number. Steps: `xenkeep repo` against
 * radosgw, through a proxy that makes the trouble. Pass: sentence, code and exit code; nothing of what was there is lost; the same
 * command succeeds when the trouble is over.
 */
export const testToolFaults = (host: () => S3Host) =>
  describe('xenkeep repo on a store in trouble', () => {
    let trouble: (call: S3Call) => Trouble | undefined
    let places = 0
    const closing: (() => Promise<void>)[] = []
    afterAll(async () => {
      for (const close of closing) await close()
    })

    const setUp = async (bucket: string) => {
      const { radosgw, connect } = host()
      const proxy = await cuttingProxy(radosgw.endpoint, call => trouble(call))
      const prefix = `tool-${++places}`
      const tool = repoTool([`s3://${bucket}/${prefix}`, '--endpoint', proxy.endpoint])
      const client = connect()
      closing.push(async () => {
        client.destroy()
        tool.remove()
        await proxy.close()
      })
      const direct = s3ObjectStore({ client, bucket, prefix })
      let image = Buffer.alloc(0)
      const change = (seed: number) => {
        image = Buffer.from(seededRandom(seed).bytes(2 * MiB + 4096))
        tool.write('disk.raw', image)
      }
      const importDisk = () => tool.run('import-image', tool.path('disk.raw'), '--name', 'disk')
      /** The newest point, read back. */
      const expectWhole = async () => {
        trouble = () => undefined
        const out = tool.path('out.raw')
        expect((await tool.run('export', 'latest:disk', '--force', '-o', out)).exitCode).toBe(0)
        expect(readFileSync(out).equals(image)).toBe(true)
        expect((await tool.run('check', '--level', '2')).exitCode).toBe(0)
      }
      return { ...tool, client, direct, prefix, change, importDisk, expectWhole }
    }

    /** One repository for all that leave it whole; to make one takes seconds. */
    let made: ReturnType<typeof makeOne> | undefined
    const makeOne = async () => {
      const tool = await setUp(PLAIN)
      const kit = ['--recovery-kit-file', tool.path('kit')]
      expect(await tool.run('init', ...kit)).toMatchObject({ exitCode: 0 })
      tool.change(12)
      expect(await tool.importDisk()).toMatchObject({ exitCode: 0 })
      return tool
    }
    const prepared = () => {
      made ??= makeOne()
      return made
    }
    const expectTold = (
      ended: { exitCode: number; stdout: string; stderr: string },
      { exitCode, code, sentence }: { exitCode: number; code: string; sentence: string },
    ) => {
      expect([ended.exitCode, ended.stderr]).toEqual([
        exitCode,
        expect.stringContaining(`code: ${code}`),
      ])
      expect(ended.stderr).toContain(sentence)
      expect(ended.stderr).not.toMatch(/^\s+at /m)
    }
    const points = async ({ json }: Awaited<ReturnType<typeof setUp>>) =>
      (await json('points')).document.points.length

    beforeEach(() => {
      trouble = () => undefined
      const { accessKeyId, secretAccessKey } = host().radosgw.credentials
      vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId)
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey)
      onTestFinished(() => void vi.unstubAllEnvs())
    })

    const onPacks = (status: number) => (call: S3Call) =>
      call.kind === 'put' && call.url.includes('/packs/') ? status : undefined

    test.each([
      [403, { exitCode: 5, code: 'STORE_DENIED', sentence: 'permission denied' }],
      [507, { exitCode: 1, code: 'STORE_FULL', sentence: 'There is no space left in s3://' }],
    ])(
      '%i for a pack: told, nothing lost, and the same command succeeds later',
      async (status, told) => {
        const tool = await prepared()
        const before = await points(tool)
        tool.change(status)
        trouble = onPacks(status)
        expectTold(await tool.importDisk(), told)
        trouble = () => undefined
        expect(await points(tool)).toBe(before)
        expect(await tool.run('check', '--level', '2')).toMatchObject({ exitCode: 0 })
        expect(await tool.importDisk()).toMatchObject({ exitCode: 0 })
        expect(await points(tool)).toBe(before + 1)
        await tool.expectWhole()
      },
    )

    test('503, twice each: the command takes longer, and nobody hears of it', async () => {
      const tool = await prepared()
      const slowed = new Map<string, number>()
      trouble = ({ kind }) => {
        const times = (slowed.get(kind) ?? 0) + 1
        slowed.set(kind, times)
        return times <= 2 ? 503 : undefined
      }
      expect(await tool.run('points')).toMatchObject({ exitCode: 0, stderr: '' })
      expect([...slowed.values()].some(times => times > 2)).toBe(true)
      await tool.expectWhole()
    })

    test('a wrong passphrase', async () => {
      const tool = await prepared()
      const { env } = tool.host
      tool.host.env = { ...env, XENKEEP_PASSPHRASE: 'not this one' }
      const told = await tool.importDisk()
      tool.host.env = env
      expectTold(told, {
        exitCode: 5,
        code: 'WRONG_PASSPHRASE',
        sentence: `The passphrase does not open the repository at s3://${PLAIN}/${tool.prefix}.`,
      })
      expect(told.stderr + told.stdout).not.toContain('not this one')
    })

    test('a repository that a newer version has taken over is neither read nor written', async () => {
      const tool = await prepared()
      const before = await Array.fromAsync(tool.direct.list(''))
      const first = JSON.parse(Buffer.from(await tool.direct.get('repo/00000001')).toString())
      const newer = Buffer.from(JSON.stringify({ ...first, formatVersion: 2 }))
      await tool.direct.put('repo/00000002', [newer])
      for (const attempt of [tool.importDisk(), tool.run('check')])
        expectTold(await attempt, {
          exitCode: 1,
          code: 'REPOSITORY_NEWER',
          sentence: 'needs a newer XenKeep: it has format version 2, this one reads 1.',
        })
      const after = await Array.fromAsync(tool.direct.list(''))
      expect(after.filter(({ key }) => key !== 'repo/00000002')).toEqual(before)
      const Key = `${tool.prefix}/repo/00000002`
      await tool.client.send(new DeleteObjectCommand({ Bucket: PLAIN, Key }))
    })

    test('a lock is asked for in a bucket without Object Lock: nothing is sent', async () => {
      const tool = await prepared()
      const before = await Array.fromAsync(tool.direct.list(''))
      const image = ['import-image', tool.path('disk.raw'), '--name', 'disk']
      expectTold(await tool.run(...image, '--lock', 'governance:7'), {
        exitCode: 2,
        code: 'LOCK_UNSUPPORTED',
        sentence: `s3://${PLAIN}/${tool.prefix}`,
      })
      expect(await Array.fromAsync(tool.direct.list(''))).toEqual(before)
    })

    test('a bucket that overwrites although told not to gets no repository', async () => {
      const tool = await setUp(LOCKED) // Ceph 16: no If-None-Match where there are versions
      expectTold(await tool.run('init', '--recovery-kit-file', tool.path('kit')), {
        exitCode: 2,
        code: 'STORE_UNSUITABLE',
        sentence: 'it overwrites an object that exists, although told not to (If-None-Match).',
      })
      expect(await Array.fromAsync(tool.direct.list('repo/'))).toEqual([])
      expect(tool.files()).not.toContain('kit')
    })

    test('a truncated pack in the bucket: VM, disk and place are named', async () => {
      const tool = await prepared()
      const pack = (await Array.fromAsync(tool.direct.list('packs/'))).at(-1) // the latest point's
      const Key = `${tool.prefix}/${pack?.key}`
      const whole = await tool.direct.get(pack?.key ?? '')
      const Body = whole.subarray(0, whole.length - 1000)
      await tool.client.send(new PutObjectCommand({ Bucket: PLAIN, Key, Body }))
      const check = await tool.run('check')
      expect([check.exitCode, check.stdout]).toEqual([6, expect.stringContaining('"disk"')])
      expectTold(await tool.run('export', 'latest:disk', '-o', tool.path('no.raw')), {
        exitCode: 6,
        code: 'OBJECT_DAMAGED',
        sentence: pack?.key ?? '-',
      })
      expect(tool.files()).not.toContain('no.raw')
    })
  })
