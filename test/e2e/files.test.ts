import { globSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AnswerHeader, AnswerTrailer, GuestListing } from '#core/contracts/files-answers.ts'
import type { AnswerView, FilesQuestion } from '#core/contracts/guest-files.ts'
import { newReader, openAnswer } from '#core/contracts/sealed-answers.ts'
import { ext4Image } from '#test/support/guest-images.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { until } from '#test/support/patience.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'
import { describeWithTools } from '#test/support/tools.ts'

const TOOLS = ['linux.uml', 'nbdfuse', 'fusermount3', 'insmod', 'mke2fs']
const secret = 'payroll-of-november.txt'

/*
 * Motivation: somebody deleted a file and wants it back this morning, from a browser, and nobody else may see it.
 * Steps: a guest with an ext4 disk is backed up; a look at its point, questions, a download, its end; the agent killed in mid-download; the gateway closed.
 * Passes when the file is as it was, no name or byte of it lies in the data directory, nothing is left of the killed agent, and the next one answers.
 */
describeWithTools(TOOLS, 'files of a point in the browser', () => {
  const big = Buffer.from(seededRandom(31).bytes(17 * MiB))
  let folder: string
  let temporary: string
  let machine: Machine
  let pointId: string
  const outside = process.env.TMPDIR

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'files-e2e-'))
    temporary = join(folder, 'tmp')
    await chmod(folder, 0o711)
    for (const name of ['tmp', 'tree/home']) await mkdir(join(folder, name), { recursive: true })
    await writeFile(join(folder, 'tree/home', secret), big)
    const image = await ext4Image(join(folder, 'ext4.raw'), 32 * MiB, join(folder, 'tree'), 'root')
    machine = await startMachine(
      { web: [await readFile(image)] },
      { gateway: { fileBrowsing: 'on' } },
    )
    pointId = (await machine.backup('web')).pointId
    // Of the agent that begins now; it has its folders where a test can look.
    await machine.program('agent').stop()
    process.env.TMPDIR = temporary
    machine.startAgent()
  }, 120_000)
  afterAll(async () => {
    if (outside === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = outside
    await machine?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const beginLook = async () => {
    const { publicKey, privateKey } = await newReader()
    const { runId } = await machine.person.call('startRun', {
      body: { kind: 'files', pointId, publicKey },
    })
    const ask = async (body: FilesQuestion) =>
      (await machine.person.call('askFiles', { params: { runId }, body })).questionId
    const view = (questionId: string, from = 0): Promise<AnswerView> =>
      machine.person.call('getAnswer', { params: { runId, questionId }, query: { from } })
    const ended = async (questionId: string) => {
      const isOver = async () => ['answered', 'failed'].includes((await view(questionId)).state)
      await until(`the question ${questionId} is answered`, isOver, { ms: 60_000, everyMs: 100 })
      return view(questionId)
    }
    const read = async (questionId: string) => {
      const { state, seal, parts, problem } = await ended(questionId)
      if (state !== 'answered' || !seal) throw new Error(`${state}: ${problem?.code}`)
      const answer = await openAnswer(privateKey, seal, { runId, questionId })
      const { url } = JSON.parse(
        await readFile(machine.site.file('control', 'endpoint.json'), 'utf8'),
      )
      const plain: Buffer[] = []
      for (const part of parts) {
        const sealed = new Uint8Array(await (await fetch(new URL(part.url, url))).arrayBuffer())
        plain.push(Buffer.from((await answer.part(sealed)).plain))
      }
      answer.end()
      const header = AnswerHeader.parse(JSON.parse(String(plain[0])))
      const trailer = AnswerTrailer.parse(JSON.parse(String(plain.at(-1))))
      return { header, data: Buffer.concat(plain.slice(1, -1)), trailer }
    }
    return { runId, ask, view, ended, read }
  }

  test('a file is found and downloaded, and what remains of it is who did', {
    timeout: 120_000,
  }, async () => {
    const look = await beginLook()
    const list = await look.ask({ what: 'list', volume: '0', path: '/home' })
    const download = await look.ask({ what: 'download', volume: '0', path: `/home/${secret}` })
    const listed = GuestListing.parse(JSON.parse(String((await look.read(list)).data)))
    expect(listed).toMatchObject({ total: 1, entries: [{ name: secret, size: big.length }] })
    const { header, data, trailer } = await look.read(download)
    expect(header).toMatchObject({ type: 'file', name: secret, size: big.length })
    expect(data.equals(big)).toBe(true)
    expect(trailer).toEqual({ bytes: big.length, notes: [], unread: [] })

    await machine.person.call('cancelRun', { params: { runId: look.runId } })
    expect(await machine.outcomeOf(look.runId)).toMatchObject({
      status: 'files-read',
      report: { questions: 2, downloads: [{ path: `/home/${secret}` }], ended: 'asked' },
    })
    expect(await readdir(temporary)).toEqual([])
    // The parts lie in the data directory, sealed.
    const stored = globSync(join(machine.site.dataDir, '**/transit/**/*'), { withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
    expect(stored.length).toBeGreaterThan(5)
    for (const file of stored) {
      const bytes = await readFile(file)
      expect(bytes.includes(secret) || bytes.includes(big.subarray(1_000, 1_032)), file).toBe(false)
    }
    const { items } = await machine.person.call('listAudit')
    expect(JSON.stringify(items)).toContain(`/home/${secret}`)
  })

  test('kill -9 of the agent in mid-download leaves nothing, and the next one answers', {
    timeout: 120_000,
  }, async () => {
    const look = await beginLook()
    const lost = await look.ask({ what: 'download', volume: '0', path: `/home/${secret}` })
    const isAtWork = async () =>
      (await look.view(lost)).state === 'answering' && (await kernels()).length > 0
    await until('the kernel runs', isAtWork, { ms: 60_000 })
    await machine.program('agent').kill()
    await until('all is gone', async () => (await readdir(temporary)).length === 0)
    await until('no kernel is left', async () => (await kernels()).length === 0)
    expect(await readFile('/proc/mounts', 'utf8')).not.toContain(temporary)
    machine.startAgent()
    expect(await look.ended(lost)).toMatchObject({ problem: { code: 'FILES_ANSWER_LOST' } })
    const again = await look.ask({ what: 'download', volume: '0', path: `/home/${secret}` })
    expect((await look.read(again)).data.equals(big)).toBe(true)
    await machine.person.call('cancelRun', { params: { runId: look.runId } })
    expect(await machine.outcomeOf(look.runId)).toMatchObject({ status: 'files-read' })
  })

  test('its owner closes the gateway without starting it again', { timeout: 60_000 }, async () => {
    const file = machine.site.file('settings.json')
    const settings = JSON.parse(await readFile(file, 'utf8'))
    settings.gateway.fileBrowsing = 'off'
    await writeFile(file, JSON.stringify(settings))
    const look = await beginLook()
    expect(await machine.outcomeOf(look.runId)).toMatchObject({
      status: 'failed',
      problem: { code: 'FILE_BROWSING_OFF', advice: expect.stringContaining(file) },
    })
  })

  /** Of agents that have their folders there: kernels, and programs that show disks. */
  const kernels = async (): Promise<string[]> => {
    const found: string[] = []
    for (const pid of await readdir('/proc')) {
      if (!/^\d+$/.test(pid)) continue
      const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      if (words.includes(`${temporary}/`) && !words.startsWith('/bin/sh')) found.push(words)
    }
    return found
  }
})
