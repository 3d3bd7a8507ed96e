import { type ChildProcess, spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { connect } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { readOptions } from '#sim/options.ts'
import { startPool } from '#sim/pool.ts'
import { rawFiles } from '#test/support/simulated-pool.ts'

let child: ChildProcess | undefined
afterEach(() => child?.kill('SIGKILL'))

const start = (...args: string[]) => {
  child = spawn(process.execPath, ['xenserver-sim/main.ts', ...args], { stdio: 'pipe' })
  return child
}

test('prints one line of JSON, serves TLS with that certificate, and ends with SIGTERM', async () => {
  const files = await rawFiles({ a: Buffer.alloc(4096, 1) })
  const args = ['--hosts', '2', '--vm', `web=${files.path('a')}`, '--clone', 'twin=web']
  const program = start(...args, '--user', 'admin', '--password', 'secret', '--seed', '1')
  if (!program.stdout) throw new Error('no output')
  const lines = createInterface({ input: program.stdout })
  const [line] = (await once(lines, 'line')) as [string]
  const announced = JSON.parse(line)
  expect(announced).toMatchObject({
    url: announced.hosts[0].url,
    user: 'admin',
    password: 'secret',
    poolUuid: expect.any(String),
    vms: { web: expect.any(String), twin: expect.any(String) },
  })
  expect(announced.hosts).toHaveLength(2)
  for (const host of announced.hosts) {
    expect(new X509Certificate(host.certificatePem).fingerprint256).toBe(
      host.certificateFingerprint,
    )
    const { hostname, port } = new URL(host.url)
    const socket = connect({ host: hostname, port: Number(port), ca: host.certificatePem })
    await once(socket, 'secureConnect')
    expect(socket.getPeerX509Certificate()?.fingerprint256).toBe(host.certificateFingerprint)
    socket.destroy()
  }
  program.kill('SIGTERM')
  expect(await once(program, 'exit')).toStrictEqual([0, null])
  await files.remove()
})

test('a disk that is not there ends it with code 2 and one sentence', async () => {
  const program = start('--vm', 'web=/no/such/file')
  let text = ''
  program.stderr?.on('data', data => {
    text += data
  })
  expect(await once(program, 'close')).toStrictEqual([2, null])
  expect(text).toMatch(/^xenserver-sim: .*\/no\/such\/file/)
  expect(text).not.toContain('    at ')
})

test.each([
  [['--port', 'x'], '--port is a whole number, not "x".'],
  [['--vm', 'web'], '"web" should read NAME=VALUE.'],
  [['--nbd', 'maybe'], '--nbd is nbd, insecure_nbd or none, not "maybe".'],
  [['--running', '--halted'], '--running and --halted exclude each other.'],
  [['--wings'], "'--wings'"],
])('%j is refused with a sentence', (args, sentence) => {
  expect(() => readOptions(args)).toThrow(sentence)
})

test('a clone of a VM that is not there is refused, and nothing keeps running', async () => {
  await expect(startPool({ clones: [{ name: 'a', of: 'b' }] })).rejects.toThrow(
    'There is no VM "b" to clone "a" from.',
  )
})

test('a port that was asked for is the same on every host, or refused', async () => {
  const first = await startPool({ tls: false })
  const port = Number(new URL(first.hosts[0]?.url ?? '').port)
  await expect(startPool({ hosts: 2, port, tls: false })).rejects.toThrow('EADDRINUSE')
  await first.close()
  const again = await startPool({ hosts: 2, port, tls: false })
  expect(again.hosts.map(host => new URL(host.url).port)).toStrictEqual([`${port}`, `${port}`])
  await again.close()
})
